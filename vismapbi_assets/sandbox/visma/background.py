"""Background requests: accepted at once, computed for later polling.

Belongs here: the jobs, their states and contents. Does not belong here: computing answers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from .clock import Zone
from .faults import Answer
from .settings import ServiceSettings

_NAMESPACE = UUID("6f0c1b52-9a54-4b0e-8a3b-2f6f7f3f5a10")


@dataclass(slots=True)
class Job:
    """One accepted request and the answer that it will give."""

    id: str
    company: str
    path: str
    received: datetime
    answer: Answer
    polls: int = 0


class BackgroundDesk:
    """Accepts requests and tells how they are getting on."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._jobs: dict[str, Job] = {}

    def accept(self, company: str, path: str, answer: Answer, now: datetime, host: str) -> Answer:
        """Answer 202 with the place to ask."""
        id = str(uuid5(_NAMESPACE, f"{company}:{len(self._jobs)}"))
        self._jobs[id] = Job(id, company, path, now, answer)
        place = f"{host}/v1/background/{id}"
        body = json.dumps({"id": id, "stateLocation": place}).encode()
        return Answer(202, body, headers=(("Location", place),))

    def state(self, id: str, company: str, zone: Zone) -> Answer | None:
        """The state of a job, with local offsets and a content place on another host."""
        job = self._jobs.get(id)
        if job is None or job.company != company:
            return None
        job.polls += 1
        done = job.polls > self._settings.background_polls
        failed = done and self._settings.background_fails
        finished = job.received + timedelta(seconds=2 * job.polls)
        state = {
            "id": id,
            "status": "Failed" if failed else "Finished" if done else "Started",
            "statusCode": (500 if failed else job.answer.status) if done else 0,
            "receivedUtc": zone.with_offset(job.received),
            "startedUtc": zone.with_offset(job.received + timedelta(milliseconds=640)),
            "finishedUtc": zone.with_offset(finished) if done else None,
            "webhookAddress": None,
            "errorMessage": "The job was ended." if failed else None,
            "reference": None,
            "originalUri": f"https://finance.visma.net/0921001005/api{job.path}",
            "hasResponseContent": done and not failed and bool(job.answer.body),
            "hasRequestContent": False,
            "contentLocation": f"{self._settings.content_host}/v1/background/{id}/content",
            "responseHeaders": None,
        }
        return Answer(200, json.dumps(state).encode())

    def content(self, id: str, company: str) -> Answer | None:
        """The answer of a finished job."""
        job = self._jobs.get(id)
        if job is None or job.company != company:
            return None
        if job.polls <= self._settings.background_polls or self._settings.background_fails:
            return None
        return job.answer
