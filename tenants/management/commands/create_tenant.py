"""`manage.py create_tenant`: a tenant, its owner and an API key as one JSON object."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction

from tenants.models import ApiKey
from tenants.scoping import scope
from tenants.services import api_keys
from tenants.services import tenants as tenant_services
from tenants.services.audit import Actor


class Command(BaseCommand):
    """Prints id, slug and api_key (full scope); an owner who exists keeps his password."""

    help = "Creates a tenant with its owner and prints {id, slug, api_key} as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the options."""
        parser.add_argument("--name", required=True, help="what the tenant is called")
        parser.add_argument("--owner-email", required=True, help="log-in of the owner")
        parser.add_argument("--owner-password", required=True, help="for a new log-in only")
        parser.add_argument("--plan", default="", help="code of the plan, noted in the audit log")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create all of it or nothing."""
        del args
        name = options["name"].strip()
        if not name or len(name) > 80:
            raise CommandError("--name needs 1 to 80 characters.")
        try:
            validate_email(options["owner_email"].strip())
        except ValidationError as error:
            raise CommandError("--owner-email is no e-mail address.") from error
        with transaction.atomic():
            owner = tenant_services.ensure_owner(options["owner_email"], options["owner_password"])
            tenant = tenant_services.create_tenant(name, owner=owner, actor=Actor.system())
            with scope(tenant):
                _key, text = api_keys.create(
                    "create_tenant", [ApiKey.Scope.FULL], actor=Actor.system(), created_by=owner
                )
        self.stdout.write(
            json.dumps({"id": tenant.public_id, "slug": tenant.slug, "api_key": text})
        )
