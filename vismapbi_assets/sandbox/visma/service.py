"""The simulated service as one object: companies, gateway, faults and control, without HTTP.

Belongs here: answering a call step by step, and the switches that tests use in process. Does not
belong here: sockets (see `app`), business rules (see `verbs`).
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from . import verbs
from .background import BackgroundDesk
from .clock import GatewayClock, Zone
from .dimensions import DIMENSIONS, dimension
from .faults import Answer, FaultBook, exception_body, message_body
from .gateway import READ, CallWindow, Grant, TokenDesk
from .history import Company
from .listing import Listings
from .planned import PlannedChanges
from .profiles import load_document
from .resource import Resource
from .resources import RESOURCES
from .routing import route
from .selection import RefusedError
from .settings import ServiceSettings
from .single import one_record
from .totals import control_totals


class VismaSandbox:
    """The simulated Visma.net."""

    def __init__(
        self, group: Mapping[str, Company], settings: ServiceSettings | None = None
    ) -> None:
        document = load_document()
        self.companies = dict(group)
        self.settings = settings or ServiceSettings()
        self.gateway = GatewayClock()
        self.faults = FaultBook()
        self.log: deque[dict[str, Any]] = deque(maxlen=200_000)
        self.lock = threading.RLock()
        self.host = ""
        self.tokens = TokenDesk(
            document["secrets"]["VISMA_CLIENT_ID"],
            document["secrets"]["VISMA_CLIENT_SECRET"],
            tuple(company.profile for company in group.values()),
            self.gateway,
            self.settings,
        )
        self.window = CallWindow(self.gateway, self.settings)
        self.background = BackgroundDesk(self.settings)
        self._listings = {
            key: Listings(company.books, self.settings) for key, company in group.items()
        }
        self._planned = PlannedChanges()
        self.configure()

    def answer(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """Answer one call and note it in the log."""
        with self.lock:
            began = time.perf_counter()
            plain = path.rstrip("/").lower() or "/"
            if plain == "/connect/token":
                answer = self._token(method, dict(form or {}))
            else:
                answer = self._call(method, path, query, headers)
            now = self.gateway.seconds()
            answer = self.faults.strike(path, answer.entity, answer.company, answer, now)
            self.log.append(
                {
                    "method": method,
                    "path": path,
                    "query": dict(query),
                    "status": answer.status if not answer.reset else 0,
                    "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
                    "company": answer.company,
                    "entity": answer.entity,
                    "rows": answer.rows,
                    "milliseconds": round((time.perf_counter() - began) * 1000, 3),
                }
            )
            if self.settings.latency_seconds:
                return replace(answer, delay=answer.delay + self.settings.latency_seconds)
            return answer

    def _token(self, method: str, form: dict[str, str]) -> Answer:
        if method != "POST":
            return Answer(405, b"", headers=(("Allow", "POST"),))
        status, body = self.tokens.issue(form)
        return Answer(status, json.dumps(body).encode(), entity="token")

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
    ) -> Answer:
        entity, resource, rest = route(path)
        if entity is None:
            return Answer(404, b"")
        grant = self.tokens.recognise(headers.get("authorization", ""))
        if grant is None or grant.company is None:
            return Answer(401, b"", headers=(("x-vbc-traceid", "0"),), entity=entity)
        passes, limits = self.window.count(grant.company, grant.client_id)
        told = (*limits.items(), ("Ipp-Request-Id", f"{len(self.log):08x}"))
        if not passes:
            return Answer(429, b"", headers=told, entity=entity, company=grant.company)
        answer = self._permitted(method, entity, resource, rest, path, query, headers, grant)
        for change in self._planned.take_after(entity, grant.company):
            self.mutate(change.company, change.verb, **change.arguments)
        return replace(
            answer,
            headers=(*told, *answer.headers),
            entity=entity,
            company=grant.company,
        )

    def _permitted(
        self,
        method: str,
        entity: str,
        resource: Resource | None,
        rest: list[str],
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        grant: Grant,
    ) -> Answer:
        company = self.companies[grant.company or ""]
        if company.profile.key in self.settings.unlicensed:
            return Answer(403, exception_body("12027", "No license for this company."))
        asked = headers.get("ipp-company-id")
        if asked and asked != company.profile.company_id:
            return Answer(
                400, exception_body("12002", "Invalid parameter exception: ipp-company-id")
            )
        if READ not in grant.scopes or entity in self.settings.forbidden.get(
            company.profile.key, []
        ):
            return Answer(403, message_body("You are not authorized to use this resource."))
        if method != "GET":
            return Answer(405, b"", headers=(("Allow", "GET"),))
        if entity == "background":
            return self._background(rest, company)
        if headers.get("erp-api-background"):
            answer = self._read(entity, resource, rest, query, company)
            now = company.books.clock.now()
            return self.background.accept(company.profile.key, path, answer, now, self.host)
        return self._read(entity, resource, rest, query, company)

    def _background(self, rest: list[str], company: Company) -> Answer:
        key = company.profile.key
        found: Answer | None = None
        if len(rest) == 1:
            found = self.background.state(rest[0], key, Zone(self.settings.zone))
        elif len(rest) == 2 and rest[1].lower() == "content":
            found = self.background.content(rest[0], key)
        return found or Answer(404, message_body("The background operation was not found."))

    def _read(
        self,
        entity: str,
        resource: Resource | None,
        rest: list[str],
        query: Mapping[str, str],
        company: Company,
    ) -> Answer:
        if resource is None:
            return dimension(rest, company, Zone(self.settings.zone))
        listings = self._listings[company.profile.key]
        if rest:
            return one_record(resource, rest, listings)
        try:
            page = listings.page(resource, query)
        except RefusedError as refusal:
            return Answer(400, message_body(str(refusal)))
        return Answer(200, page.body, rows=page.rows)

    def configure(self, **changes: Any) -> None:
        """Change switches of the service."""
        with self.lock:
            self.settings.update(changes)
            for company in self.companies.values():
                company.books.restamp_on_application = self.settings.restamp_on_application

    def mutate(self, company: str, verb: str, /, **arguments: Any) -> dict[str, Any]:
        """Make a named change in a company's books."""
        with self.lock:
            return verbs.perform(self._company(company), verb, **arguments)

    def _company(self, key: str) -> Company:
        if key not in self.companies:
            raise LookupError(f"unknown company '{key}'; known are {sorted(self.companies)}")
        return self.companies[key]

    def advance(self, days: int = 1, company: str | None = None) -> dict[str, str]:
        """Live the next days in one company or all."""
        chosen = [company] if company else list(self.companies)
        return {key: self.mutate(key, "advance", days=days)["today"] for key in chosen}

    def fault(self, kind: str, **wanted: Any) -> None:
        """Ask for a fault; `lasting` seconds make it a storm on the gateway clock."""
        with self.lock:
            lasting = wanted.pop("lasting", None)
            if lasting is not None:
                wanted["until"] = self.gateway.seconds() + lasting
            self.faults.add(kind=kind, **wanted)

    def script(self, entity: str, after: int, company: str, verb: str, /, **arguments: Any) -> None:
        """Make a change right after the n-th coming list request of an entity."""
        with self.lock:
            self._planned.after_requests(entity, after, company, verb, arguments)

    def unscript(self) -> None:
        """Cancel the changes that wait for a list request."""
        with self.lock:
            self._planned.cancel()

    def commit_late(self, company: str, verb: str, /, **arguments: Any) -> None:
        """Stamp a change now, but let it be seen only when `flush_late` is called."""
        with self.lock:
            stamp = self._company(company).books.clock.stamp()
            self._planned.late(company, stamp, verb, arguments)

    def flush_late(self) -> list[dict[str, Any]]:
        """Make all late changes visible, with their earlier stamps."""
        with self.lock:
            made = []
            for change in self._planned.take_late():
                books = self._company(change.company).books
                with books.clock.held(change.stamp):
                    made.append(self.mutate(change.company, change.verb, **change.arguments))
            return made

    def set_clock(
        self,
        *,
        now: datetime | str | None = None,
        speed: float | None = None,
        advance_seconds: float = 0.0,
        gateway_advance: float = 0.0,
        gateway_scale: float | None = None,
    ) -> dict[str, str]:
        """Move or scale the business clocks and the gateway clock."""
        with self.lock:
            for company in self.companies.values():
                clock = company.books.clock
                if now is not None:
                    clock.set(datetime.fromisoformat(now) if isinstance(now, str) else now)
                if advance_seconds:
                    clock.set(clock.now() + timedelta(seconds=advance_seconds))
                if speed is not None:
                    clock.run(speed)
            if gateway_scale is not None:
                self.gateway.scale(gateway_scale)
            self.gateway.advance(gateway_advance)
            return {
                key: company.books.clock.now().isoformat()
                for key, company in self.companies.items()
            }

    def prepare(self, entity: str) -> None:
        """Encode all records of an entity now, so that its pages are only joined later."""
        with self.lock:
            for listings in self._listings.values():
                for record in listings.books.lists[entity]:
                    listings.form(RESOURCES[entity], record)

    def snapshot(self, company: str, entity: str) -> bytes:
        """All records of an entity, fully expanded, as JSON."""
        with self.lock:
            if entity == "dimension":
                zone = Zone(self.settings.zone)
                return b"[" + dimension([DIMENSIONS[0]], self._company(company), zone).body + b"]"
            if entity not in RESOURCES:
                raise LookupError(f"unknown entity '{entity}'; known are {sorted(RESOURCES)}")
            self._company(company)
            return self._listings[company].snapshot(RESOURCES[entity])

    def totals(self, company: str, at: date | str | None = None) -> dict[str, object]:
        """Control totals of a company at a date (default: its business date)."""
        with self.lock:
            books = self._company(company).books
            day = date.fromisoformat(at) if isinstance(at, str) else at
            return control_totals(books, day or books.today)
