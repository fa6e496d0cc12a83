"""Alerts: who is told of trouble, and in which words.

Sends to a webhook (Teams, Slack) and by mail. When an alert is sent is decided in
`alert_sensors.py`.
"""

from __future__ import annotations

import smtplib
from dataclasses import dataclass
from email.message import EmailMessage

import requests

from vismapbi_assets.settings import Settings

TIMEOUT_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Alert:
    """One trouble, ready to be read by a person."""

    title: str
    subject: str
    partition: str
    cause: str
    next_step: str
    run_id: str = ""
    runbook_url: str = ""

    def text(self) -> str:
        """The alert as plain text."""
        lines = [
            self.title,
            f"What: {self.subject}",
            f"Partition: {self.partition or '-'}",
            f"Cause: {self.cause}",
            f"Next step: {self.next_step}",
        ]
        if self.run_id:
            lines.append(f"Run: {self.run_id}")
        if self.runbook_url:
            lines.append(f"Runbook: {self.runbook_url}")
        return "\n".join(lines)


def send(alert: Alert, settings: Settings) -> list[str]:
    """Send the alert to every configured channel; gives the channels that failed, with reasons."""
    failures = []
    webhook = settings.optional_secret("VISMAPBI_ALERT_WEBHOOK")
    if webhook:
        try:
            answer = requests.post(
                webhook.reveal(), json={"text": alert.text()}, timeout=TIMEOUT_SECONDS
            )
            if answer.status_code >= 300:
                failures.append(f"webhook: HTTP {answer.status_code}")
        except requests.RequestException as error:
            failures.append(f"webhook: {type(error).__name__}")
    shape = settings.alerts
    if shape.smtp_host and shape.mail_to:
        try:
            _mail(alert, settings)
        except (OSError, smtplib.SMTPException) as error:
            failures.append(f"mail: {type(error).__name__}")
    return failures


def _mail(alert: Alert, settings: Settings) -> None:
    shape = settings.alerts
    message = EmailMessage()
    message["Subject"] = alert.title
    message["From"] = shape.mail_from or shape.smtp_user
    message["To"] = ", ".join(shape.mail_to)
    message.set_content(alert.text())
    with smtplib.SMTP(shape.smtp_host, shape.smtp_port, timeout=TIMEOUT_SECONDS) as server:
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls()
        password = settings.optional_secret("VISMAPBI_SMTP_PASSWORD")
        if shape.smtp_user and password:
            server.login(shape.smtp_user, password.reveal())
        server.send_message(message)
