"""What complaints and comments are about: a list that quality managers and administrators extend."""

from django.utils.translation import gettext_lazy as _

from incidents.types import Catalogue
from people.models import Role

from .models import Category

CATEGORIES = Catalogue(
    Category,
    prefix="category",
    roles=(Role.QUALITY, Role.ADMINISTRATOR),
    refused=_("Only a quality manager or an administrator of the whole company changes the categories."),
)
