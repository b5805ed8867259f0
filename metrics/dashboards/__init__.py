"""What stands on the pages that begin with a sentence: gathered here, shown by `metrics.views.dashboards`."""
