"""Choosing a unit: a list in the order of the tree, indented by depth."""

from django import forms
from django.forms.models import ModelChoiceIterator

from .units import in_tree_order


class _TreeIterator(ModelChoiceIterator):
    def __iter__(self):
        if self.field.empty_label is not None:
            yield ("", self.field.empty_label)
        units = list(in_tree_order(self.queryset))
        top = min((unit.depth for unit in units), default=0)
        for unit in units:
            value, label = self.choice(unit)
            yield (value, "\u2003" * (unit.depth - top) + label)


class UnitChoiceField(forms.ModelChoiceField):
    """One unit of `queryset`."""

    iterator = _TreeIterator

    def label_from_instance(self, unit):
        return f"{unit.name} ({unit.code})"
