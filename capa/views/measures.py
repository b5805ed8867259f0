"""Measures: the list, the page of one with its ledger, and what its owner records there."""

from django.http import HttpResponse


def measure_list(request):
    return HttpResponse("")


def measure(request, number):
    return HttpResponse("")


def measure_act(request, number, slug):
    return HttpResponse("")
