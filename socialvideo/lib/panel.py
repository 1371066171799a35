"""The admin panel's base: pages on which staff read and nobody writes, superusers included.

Everything that django-unfold gives is taken here and nowhere else; it has no type hints, its classes are the stock
admin's with another face.
"""

import json
from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from django.contrib.admin import ShowFacets, SimpleListFilter
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import CharField, Model, QuerySet
from django.db.models.expressions import Combinable
from django.forms import Select, Textarea, TextInput
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from rest_framework.throttling import BaseThrottle
from unfold.decorators import action, display  # type: ignore[import-untyped]
from unfold.enums import ActionVariant  # type: ignore[import-untyped]
from unfold.utils import display_for_label  # type: ignore[import-untyped]
from unfold.widgets import (  # type: ignore[import-untyped]
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from socialvideo.lib import ratelimit

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, TabularInline
    from django.contrib.admin.forms import AdminAuthenticationForm as AuthenticationForm

    Rows = Paginator[Any]
else:
    from unfold.admin import ModelAdmin as UnfoldPage
    from unfold.admin import TabularInline as UnfoldTable
    from unfold.forms import AuthenticationForm

    Rows = Paginator

    class ModelAdmin(UnfoldPage):
        """Unfold's page, which takes the stubs' type parameter."""

        def __class_getitem__(cls, _: object) -> type:
            return cls

    class TabularInline(UnfoldTable):
        """Unfold's table, which takes the stubs' type parameters."""

        def __class_getitem__(cls, _: object) -> type:
            return cls


M = TypeVar("M", bound=Model)
P = TypeVar("P", bound=Model)
F = TypeVar("F", bound=Callable[..., Any])

CHOICE: type[Select] = UnfoldAdminSelectWidget
LONG_TEXT: type[Textarea] = UnfoldAdminTextareaWidget
TEXT: type[TextInput] = UnfoldAdminTextInputWidget


class LogInForm(AuthenticationForm):
    """The panel's log-in, held to the API's pace of log-ins, so that no password can be guessed at here either."""

    def clean(self) -> dict[str, Any]:
        """Count the attempt, then check handle and password."""
        assert self.request is not None
        reading = ratelimit.count(ratelimit.LOG_IN, BaseThrottle().get_ident(self.request))  # type: ignore[arg-type]
        if reading.left < 0:
            raise ValidationError(f"Too many attempts. Try again in {reading.reset} seconds.", code="rate_limited")
        return super().clean()


class BoundedPaginator(Rows):
    """Numbered pages that never count a whole table: at most ``LIMIT`` rows, behind which filters and search lead."""

    LIMIT = 10_000

    @cached_property
    def count(self) -> int:
        """How many rows there are, or LIMIT."""
        rows = cast("QuerySet[Any]", self.object_list)
        return rows.order_by()[: self.LIMIT].count()


class ReadOnly:
    """Staff may look; no one may add, change or delete. Not a right that somebody could be given: there is no path."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Staff is a flag, and it is enough."""
        return bool(request.user.is_active and getattr(request.user, "is_staff", False))

    def has_module_permission(self, request: HttpRequest) -> bool:
        """The same for a whole room."""
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


class ReadOnlyAdmin(ReadOnly, ModelAdmin[M]):
    """Lists and pages of one table. Name every shown column in ``fields``: what is not named is never shown."""

    actions = None
    ordering: ClassVar[tuple[str | Combinable, ...]] = ("-pk",)
    sortable_by = ()  # newest first; another order would read the whole table
    list_per_page = 50
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    links_by: tuple[str, ...] = ()
    """Columns by which other pages link to rows of this list, as in ``?video=``."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Filter by what is shown and nothing else, so that no address can guess at a hidden column."""
        own = {
            spec.parameter_name
            for spec in self.list_filter
            if isinstance(spec, type) and issubclass(spec, SimpleListFilter)
        }
        columns = {spec[0] if isinstance(spec, tuple) else spec for spec in self.list_filter}
        offered = lookup in {*own, *self.links_by} or lookup.split("__")[0] in columns
        return offered and super().lookup_allowed(lookup, value, request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        """Find a row by its whole id, else by ``search_fields``; handles are stored in lower case, without @."""
        term = search_term.strip().lower().removeprefix("@")
        if isinstance(self.opts.pk, CharField):  # any text could be one
            return super().get_search_results(request, queryset, term)
        try:
            return queryset.filter(pk=self.opts.pk.to_python(term)), False
        except ValidationError:
            return super().get_search_results(request, queryset, term)


class ReadOnlyInline(ReadOnly, TabularInline[M, P]):
    """Rows of another table on a page."""

    extra = 0
    hide_title = True
    related: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        """Return the rows with what each shows of others, in one query."""
        return super().get_queryset(request).select_related(*self.related)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        """Show every column as text."""
        return tuple(self.fields or ())


def badge(title: str, **colours: str) -> Callable[[Callable[[Any, Any], str]], Callable[[Any, Any], SafeString]]:
    """Show a column's word on a colour: success, info, warning or danger; a word without one is grey."""

    def decorate(word: Callable[[Any, Any], str]) -> Callable[[Any, Any], SafeString]:
        @display(description=title)  # type: ignore[untyped-decorator]
        @wraps(word)
        def shown(page: Any, row: Any) -> SafeString:
            return cast(SafeString, display_for_label(str(word(page, row)), "-", colours))

        return cast("Callable[[Any, Any], SafeString]", shown)

    return decorate


def column(title: str, *, boolean: bool | None = None) -> Callable[[F], F]:
    """Name a column that is worked out."""
    return cast("Callable[[F], F]", display(description=title, boolean=boolean))


def button(title: str, *, icon: str, path: str, danger: bool = False) -> Callable[[F], F]:
    """Make a method a button of the row's page, with an address of its own below that page."""
    variant = ActionVariant.DANGER if danger else ActionVariant.DEFAULT
    return cast("Callable[[F], F]", action(description=title, icon=icon, url_path=path, variant=variant))


def among(name: str, words: Iterable[str]) -> type[SimpleListFilter]:
    """Return a filter of column ``name`` by known words; asking the table which there are would read all of it."""
    choices = [(word, word) for word in words]

    class Among(SimpleListFilter):
        title = name
        parameter_name = name

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            return choices

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            return queryset.filter(**{name: self.value()}) if self.value() else queryset

    return Among


def as_json(value: object) -> SafeString:
    """Show a JSON value over several lines."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return format_html('<pre class="whitespace-pre-wrap break-all font-mono text-xs">{}</pre>', text)


def as_hex(value: bytes | memoryview) -> SafeString:
    """Show bytes."""
    return format_html('<code class="font-mono text-xs break-all">{}</code>', bytes(value).hex())


def link(address: str, words: object) -> SafeString:
    """Show a way to another page."""
    return format_html('<a href="{}" class="text-link">{}</a>', address, words)


def lines(parts: Iterable[object]) -> SafeString:
    """Show each part on a line of its own; a dash for none."""
    return format_html_join(SafeString("<br>"), "{}", ((part,) for part in parts)) or SafeString("-")
