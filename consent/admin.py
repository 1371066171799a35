"""Consent, to be looked at: no staff path writes any of it, and no page shows a likeness."""

import orjson
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from consent import proofs
from consent.models import (
    Acceptance,
    Ask,
    Decision,
    Grant,
    LedgerHead,
    LedgerLeaf,
    Likeness,
    Permit,
    PermitSubject,
    Veto,
    Withdrawal,
)
from consent.rules import Point, Reason, State
from socialvideo.lib.clock import StatementTime, wall_now
from socialvideo.lib.panel import ReadOnlyAdmin, ReadOnlyInline, among, as_hex, as_json, badge, column, link

BY_HANDLE = "Beginning of a handle, or a whole id"
KINDS = (
    "enrolment",
    "erasure",
    "ask",
    "grant",
    "narrowing",
    "renewal",
    "choice",
    "invalidation",
    "expiry",
    "use",
    "acceptance",
    "withdrawal",
    "loss",
    "key",
)


class StandingFilter(admin.SimpleListFilter):
    """Given, begun and not past its time: what the gate would accept, scope and count apart."""

    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("yes", "standing"), ("no", "ended or past its time")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Grant]) -> QuerySet[Grant]:
        standing = {"state": State.GIVEN, "not_before__lte": StatementTime(), "expires_at__gt": StatementTime()}
        if self.value() == "yes":
            return queryset.filter(**standing)
        return queryset.exclude(**standing) if self.value() == "no" else queryset


@admin.register(Likeness)
class LikenessAdmin(ReadOnlyAdmin[Likeness]):
    """That somebody enrolled, and when; never the photo, its file, its digest or its key."""

    list_display = ("subject", "condition", "width", "height", "created_at", "erased_at")
    list_select_related = ("subject",)
    list_filter = (("erased_at", admin.EmptyFieldListFilter),)
    search_fields = ("subject__handle__startswith",)
    search_help_text = BY_HANDLE
    fields = ("subject", "condition", "width", "height", "created_at", "erased_at")

    @badge("condition", active="success")
    def condition(self, likeness: Likeness) -> str:
        return "erased" if likeness.erased_at else "active"


@admin.register(Ask)
class AskAdmin(ReadOnlyAdmin[Ask]):
    """Who asked whom for what, and the answer."""

    list_display = ("requester", "subject", "purposes", "audience", "answer", "created_at", "answered_at")
    list_select_related = ("requester", "subject")
    list_filter = ("state",)
    search_fields = ("requester__handle__startswith", "subject__handle__startswith")
    search_help_text = BY_HANDLE
    fields = ("requester", "subject", "purposes", "audience", "message", "answer", "created_at", "answered_at")

    @badge("state", given="success", requested="warning", refused="danger")
    def answer(self, ask: Ask) -> str:
        return ask.state


@admin.register(Grant)
class GrantAdmin(ReadOnlyAdmin[Grant]):
    """Grants with their fence. Only the subject's own request can write ``given``."""

    list_display = ("subject", "whom", "condition", "stands", "epoch", "used", "audience", "expires_at")
    list_select_related = ("subject", "grantee")
    list_filter = (StandingFilter, "state", "group", "audience")
    search_fields = ("subject__handle__startswith", "grantee__handle__startswith")
    search_help_text = BY_HANDLE
    fieldsets = (
        (None, {"fields": ("subject", "whom", "rests_on", "condition", "stands", "epoch", "version")}),
        (
            "Scope",
            {"fields": ("purposes", "audience", "modalities", "may_remix", "may_stitch", "may_download", "used")},
        ),
        ("Refused", {"fields": ("denied_categories", "text_rules", "review")}),
        ("Period", {"fields": ("not_before", "expires_at", "created_at", "affirmed_at", "closed_at", "ended_at")}),
    )

    @column("for")
    def whom(self, grant: Grant) -> str:
        return str(grant.grantee or grant.group)

    @badge("state", given="success", withdrawn="danger", revoked="danger")
    def condition(self, grant: Grant) -> str:
        return grant.state

    @column("stands", boolean=True)
    def stands(self, grant: Grant) -> bool:
        return grant.state == State.GIVEN and grant.not_before <= wall_now() < grant.expires_at

    @column("uses")
    def used(self, grant: Grant) -> str:
        return f"{grant.uses} / {grant.max_uses}"


class PermitSubjectInline(ReadOnlyInline[PermitSubject, Permit]):
    """Everybody whom a permit is for."""

    model = PermitSubject
    related = ("subject", "grant")
    fields = ("subject", "epoch", "under")

    @column("under")
    def under(self, row: PermitSubject) -> SafeString:
        grant = row.grant
        address = reverse("admin:consent_grant_change", args=[grant.id])
        return link(address, f"a grant that is {grant.state}, now at epoch {grant.epoch}")


@admin.register(Permit)
class PermitAdmin(ReadOnlyAdmin[Permit]):
    """One-use authorisations of one spec."""

    list_display = ("id", "requester", "condition", "created_at", "expires_at")
    list_select_related = ("requester",)
    list_filter = ("state",)
    search_fields = ("requester__handle__startswith",)
    search_help_text = BY_HANDLE
    fields = ("requester", "condition", "spec_digest", "created_at", "expires_at")
    inlines = (PermitSubjectInline,)

    @badge("state", issued="info", redeemed="warning", spent="success")
    def condition(self, permit: Permit) -> str:
        return permit.state

    @column("digest of the spec")
    def spec_digest(self, permit: Permit) -> SafeString:
        return as_hex(permit.digest)


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin[Decision]):
    """The journal."""

    list_display = ("at", "point", "outcome", "reason", "subject", "requester", "leaf")
    list_select_related = ("subject", "requester", "leaf")
    list_filter = (
        among("verdict", ("allowed", "denied")),
        among("point", (point.value for point in Point)),
        among("reason", (reason.value for reason in Reason)),
    )
    search_fields = ("subject__handle__startswith", "requester__handle__startswith")
    search_help_text = BY_HANDLE
    fieldsets = (
        (None, {"fields": ("at", "point", "outcome", "reason", "subject", "requester")}),
        ("Rests on", {"fields": ("grant", "epoch", "purpose", "audience")}),
        ("About", {"fields": ("job_id", "video_id", "leaf")}),
    )

    @badge("verdict", allowed="success", denied="danger")
    def outcome(self, decision: Decision) -> str:
        return decision.verdict


@admin.register(LedgerLeaf)
class LedgerLeafAdmin(ReadOnlyAdmin[LedgerLeaf]):
    """The leaves of the Merkle log."""

    list_display = ("index", "kind", "hashed", "created_at")
    list_filter = (among("kind", KINDS),)
    search_fields = ("kind__exact",)
    search_help_text = "A leaf's index, or its kind"
    fields = ("index", "kind", "says", "hashed", "created_at")

    @column("says")
    def says(self, leaf: LedgerLeaf) -> SafeString:
        return as_json(orjson.loads(bytes(leaf.body)))

    @column("hash")
    def hashed(self, leaf: LedgerLeaf) -> SafeString:
        return as_hex(leaf.leaf_hash)


@admin.register(LedgerHead)
class LedgerHeadAdmin(ReadOnlyAdmin[LedgerHead]):
    """The head of the Merkle log: what a checkpoint signs."""

    list_display = ("size", "root")
    fields = ("size", "root")

    @column("root hash")
    def root(self, head: LedgerHead) -> SafeString:
        return as_hex(proofs.root_of([bytes(peak) for peak in head.frontier]))


@admin.register(Withdrawal)
class WithdrawalAdmin(ReadOnlyAdmin[Withdrawal]):
    """Withdrawals and the receipts that their subjects keep."""

    list_display = ("subject", "scope", "ended", "at", "leaf")
    list_select_related = ("subject", "leaf")
    list_filter = (among("scope", ("grant", "grantee", "video", "everything")),)
    search_fields = ("subject__handle__startswith",)
    search_help_text = BY_HANDLE
    fields = ("subject", "scope", "mode", "at", "leaf", "signed_receipt")

    @column("grants ended")
    def ended(self, withdrawal: Withdrawal) -> int:
        return len(withdrawal.receipt["terms"]["grants"])

    @column("receipt")
    def signed_receipt(self, withdrawal: Withdrawal) -> SafeString:
        return as_json(withdrawal.receipt)


@admin.register(Acceptance)
class AcceptanceAdmin(ReadOnlyAdmin[Acceptance]):
    """Renders that a person depicted accepted, each by its hash."""

    list_display = ("subject", "video_id", "render", "at")
    list_select_related = ("subject",)
    search_fields = ("subject__handle__startswith",)
    search_help_text = BY_HANDLE
    fields = ("subject", "video_id", "render", "at")

    @column("SHA-256 of the render")
    def render(self, acceptance: Acceptance) -> SafeString:
        return as_hex(acceptance.digest)


@admin.register(Veto)
class VetoAdmin(ReadOnlyAdmin[Veto]):
    """Videos that a person depicted ended for good, with every remix of them."""

    list_display = ("subject", "video_id", "at")
    list_select_related = ("subject",)
    search_fields = ("subject__handle__startswith",)
    search_help_text = BY_HANDLE
    fields = ("subject", "video_id", "at")
