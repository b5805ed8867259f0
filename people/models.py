"""Who someone is, and where they may act: units, persons, posts; and the personal data of those without an account."""

import datetime as dt
import hashlib
import zoneinfo

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.contrib.postgres.indexes import OpClass
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Max, Q
from django.db.models.functions import Length, Lower, Upper
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What someone may do within a unit and everything below it (DOMAIN §8)."""

    REPORTER = "reporter", _("Employee")
    SITE_MANAGER = "site_manager", _("Site manager")
    SUPERVISOR = "supervisor", _("Service supervisor")
    QUALITY = "quality", _("Quality manager")
    HANDLER = "handler", _("Complaint handler")
    EXECUTIVE = "executive", _("Executive")
    ADMINISTRATOR = "administrator", _("Administrator")


#: Roles that see every incident of their unit. Reporters see their own; administrators run the system, not the cases.
CASE_ROLES = (Role.SITE_MANAGER, Role.SUPERVISOR, Role.QUALITY, Role.HANDLER, Role.EXECUTIVE)


def time_zones() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(zoneinfo.available_timezones()) if "/" in name or name == "UTC"]


class UnitQuerySet(models.QuerySet):
    def within(self, *units: "Unit"):
        """The given units and everything below them."""
        scope = Q(pk__in=[])
        for unit in units:
            scope |= Q(path__startswith=unit.path)
        return self.filter(scope)

    def active(self):
        return self.filter(closed_on=None)

    def administered_by(self, person: "Person"):
        """The units that this person manages as an administrator, lower ones included."""
        return (
            self.within(*person.posted_units(Role.ADMINISTRATOR)) if person.is_authenticated else self.none()
        )


class Unit(models.Model):
    """A node of the organisation tree; its roots are companies."""

    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("belongs to")
    )
    name = models.CharField(_("name"), max_length=120)
    code = models.CharField(
        _("code"),
        max_length=40,
        unique=True,
        validators=[RegexValidator(r"^[A-Za-z0-9_-]+$", _("Use only letters, digits, - and _."))],
        help_text=_("Short and lasting: it appears in the QR link of the place and in imports."),
    )
    path = models.CharField(
        max_length=400, editable=False, unique=True
    )  # "/1/4/9/": ids from the root to this unit
    closed_on = models.DateField(_("closed on"), null=True, blank=True)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering = ["path"]
        indexes = [models.Index(fields=["path"], name="unit_path_prefix", opclasses=["varchar_pattern_ops"])]

    def __str__(self):
        return self.name

    @property
    def lineage(self) -> list[int]:
        """Ids from the company down to this unit."""
        return [int(part) for part in self.path.split("/") if part]

    @property
    def depth(self) -> int:
        return len(self.lineage) - 1

    @property
    def company_id(self) -> int:
        return self.lineage[0]

    @property
    def case(self) -> str:
        """Its name in history."""
        return f"unit:{self.pk}"


class PersonQuerySet(models.QuerySet):
    def active(self):
        return self.filter(is_active=True)

    def administered_by(self, person: "Person"):
        """People whose unit this person manages as an administrator."""
        if not person.is_authenticated:
            return self.none()
        scope = Q(pk__in=[])
        for unit in person.posted_units(Role.ADMINISTRATOR):
            scope |= Q(home_unit__path__startswith=unit.path)
        return self.filter(scope)


class PersonManager(BaseUserManager.from_queryset(PersonQuerySet)):
    def create_user(self, username, password=None, **fields):
        person = self.model(username=self.model.normalize_username(username), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def holding(self, role: str, unit: Unit, on: dt.date | None = None):
        """Active people who hold `role` in `unit` or above it, the nearest first."""
        on = on or timezone.localdate()
        return (
            self.filter(is_active=True)
            .filter(Post.in_force(on, "posts__"), posts__role=role, posts__unit_id__in=unit.lineage)
            .annotate(nearness=Max(Length("posts__unit__path")))
            .order_by("-nearness", "pk")
        )


class Person(AbstractBaseUser):
    """Somebody with an account. People leave by `is_active`, they are never deleted: the history names them."""

    class Theme(models.TextChoices):
        SYSTEM = "system", _("As the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    username = models.CharField(
        _("user name"),
        max_length=60,
        unique=True,
        validators=[UnicodeUsernameValidator()],
        error_messages={"unique": _("This user name is taken.")},
    )
    display_name = models.CharField(_("Name"), max_length=80)
    job_title = models.CharField(_("job title"), max_length=80, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    home_unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, related_name="staff", verbose_name=_("unit")
    )
    language = models.CharField(
        _("language"), max_length=10, default="zh-hans",
        choices=[("zh-hans", "简体中文"), ("zh-hant", "繁體中文"), ("en", "English")],
    )  # fmt: skip
    time_zone = models.CharField(_("time zone"), max_length=60, default="Asia/Shanghai")
    theme = models.CharField(_("theme"), max_length=10, choices=Theme.choices, default=Theme.SYSTEM)
    must_change_password = models.BooleanField(
        default=False, editable=False
    )  # the password was made by an administrator
    is_active = models.BooleanField(_("may sign in"), default=True)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)
    left_at = models.DateTimeField(null=True, editable=False)

    objects = PersonManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["display_name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["display_name", "pk"]
        constraints = [
            models.UniqueConstraint(
                Upper("username"),  # what __iexact asks for: signing in finds the person by this index
                name="username_in_any_case",
                violation_error_message=_("This user name is taken."),
            )
        ]
        indexes = [
            models.Index(fields=["display_name", "id"], name="person_by_name"),
            models.Index(fields=["home_unit", "display_name"], name="person_by_unit"),
        ]

    def __str__(self):
        return self.display_name

    @property
    def case(self) -> str:
        """Its name in history."""
        return f"person:{self.pk}"

    def get_full_name(self):
        return self.display_name

    @cached_property
    def current_posts(self) -> list["Post"]:
        """Today's posts with their units: one query per request."""
        if not self.is_active:
            return []
        return list(self.posts.filter(Post.in_force(timezone.localdate())).select_related("unit"))

    def has_role(self, role: str, unit: Unit | None) -> bool:
        """Does this person hold `role` in `unit` or somewhere above it?"""
        if unit is None:
            return False
        return any(post.role == role and unit.path.startswith(post.unit.path) for post in self.current_posts)

    def has_any_role(self, *roles: str) -> bool:
        """Does this person hold one of `roles` anywhere?"""
        return any(post.role in roles for post in self.current_posts)

    def posted_units(self, *roles: str) -> list[Unit]:
        """The topmost units of this person's posts with one of `roles`."""
        units = {post.unit_id: post.unit for post in self.current_posts if post.role in roles}
        return [
            u
            for u in units.values()
            if not any(u.path != o.path and u.path.startswith(o.path) for o in units.values())
        ]

    def units(self, *roles: str):
        """Queryset of all units in which this person holds one of `roles`, lower ones included."""
        return Unit.objects.within(*self.posted_units(*roles))

    @property
    def company_ids(self) -> set[int]:
        """The companies in which this person works or holds a post."""
        own = {self.home_unit.company_id} if self.home_unit_id else set()
        return own | {post.unit.company_id for post in self.current_posts}


class Post(models.Model):
    """A role held by a person in a unit, from one day to another."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="posts", verbose_name=_("person"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="posts", verbose_name=_("unit"))
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    starts_on = models.DateField(_("from"), default=timezone.localdate)
    ends_on = models.DateField(
        _("until"), null=True, blank=True, help_text=_("The last day; empty while it lasts.")
    )

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        ordering = ["unit__path", "role", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "unit", "role"], condition=Q(ends_on=None), name="one_open_post_each"
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=models.F("starts_on")),
                name="post_ends_after_start",
            ),
        ]
        indexes = [models.Index(fields=["unit", "role"], name="post_by_unit_role")]

    def __str__(self):
        return f"{self.person} – {self.get_role_display()} – {self.unit}"

    @staticmethod
    def in_force(on: dt.date, prefix: str = "") -> Q:
        """Condition: the post holds on that day."""
        return Q(**{f"{prefix}starts_on__lte": on}) & (
            Q(**{f"{prefix}ends_on": None}) | Q(**{f"{prefix}ends_on__gte": on})
        )


class Contact(models.Model):
    """Personal data of somebody without an account (a customer, a witness). Shown masked unless the role needs it."""

    name = models.CharField(_("name"), max_length=80, blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone_ending = models.CharField(max_length=4, blank=True, editable=False)
    #: The digits of the phone number, the last twenty: a number is found however it was written.
    phone_digits = models.CharField(max_length=20, blank=True, editable=False, db_default="")
    #: In which they are written to.
    language = models.CharField(_("language"), max_length=10, blank=True, db_default="")
    #: At their own wish, or by the rule of retention.
    erased_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        indexes = [
            models.Index(fields=["phone_ending"], name="contact_by_phone_ending"),
            models.Index(fields=["phone_digits"], condition=~Q(phone_digits=""), name="contact_by_phone"),
            models.Index(Lower("email"), condition=~Q(email=""), name="contact_by_email"),
            models.Index(
                OpClass(Upper("name"), name="text_pattern_ops"), condition=~Q(name=""), name="contact_by_name"
            ),
        ]

    def __str__(self):
        return self.masked_name

    def save(self, *args, **kwargs):
        digits = "".join(c for c in self.phone if c.isdigit())
        self.phone_ending, self.phone_digits = digits[-4:], digits[-20:]
        super().save(*args, **kwargs)

    @property
    def masked_name(self) -> str:
        """Only the family name's first character: 张**."""
        return f"{self.name[0]}**" if self.name else ""

    @property
    def masked_phone(self) -> str:
        """186****1402; short numbers keep only the last two digits."""
        if len(self.phone) >= 11:
            return f"{self.phone[:-8]}****{self.phone[-4:]}"
        return f"****{self.phone[-2:]}" if self.phone else ""

    @property
    def masked_email(self) -> str:
        name, at, host = self.email.partition("@")
        return f"{name[:1]}***{at}{host}" if self.email else ""


class ApiTokenQuerySet(models.QuerySet):
    def usable(self):
        """Those that open the API now."""
        return self.filter(revoked_at=None, expires_at__gt=timezone.now(), person__is_active=True)


class ApiToken(models.Model):
    """A key with which a program acts as this person. It is shown once; only its digest is kept."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="tokens", verbose_name=_("person"))
    name = models.CharField(_("name"), max_length=80, help_text=_("Which program uses it, and where."))
    digest = models.CharField(
        max_length=64, unique=True, editable=False
    )  # SHA-256: the secret is random enough
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(null=True, editable=False)
    last_used_on = models.DateField(
        null=True, editable=False
    )  # the day only: a moment could lead back to who reported anonymously

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")
        ordering = ["-created_at", "-pk"]

    def __str__(self):
        return self.name

    @staticmethod
    def digest_of(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()

    @property
    def is_usable(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()

    def note_use(self) -> None:
        """Remember the day, at most one write a day."""
        today = timezone.localdate(timezone=dt.UTC)
        if self.last_used_on != today:
            ApiToken.objects.filter(pk=self.pk).update(last_used_on=today)
