"""Policies in Cedar: read, held against the schema, and asked. What they cannot decide is denied."""

import json
import pkgutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cedarpy

from causeway.core.access import BadPolicy, Decision, Request
from causeway.core.errors import OutsideError, remedy

NAMESPACE = "Causeway"
BUNDLED = "the policies that Causeway brings"
ENTITIES = "entities.json"
"""Groups and their members, beside a workspace's policies."""


class CedarPolicies:
    """Everybody's policies and a workspace's own, validated; wrong ones are refused when they are read."""

    def __init__(
        self, texts: Mapping[str, str], schema: str, *, entities: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        for where, text in texts.items():
            _validate(text, schema, where=where)
        self._schema = schema
        self._policies = "\n".join(texts.values())
        self._entities = list(entities)
        _validate(self._policies, schema, where=", ".join(texts))

    def decide(self, request: Request) -> Decision:
        """What all policies together say of this request."""
        return self.answer(_asked(request), [*_entities_of(request, self._entities)])

    def answer(self, request: Mapping[str, Any], entities: Sequence[Mapping[str, Any]]) -> Decision:
        """The decision about a request in Cedar's own words; no decision and every error are a denial."""
        result = cedarpy.is_authorized(dict(request), self._policies, list(map(dict, entities)), self._schema)
        said = result.diagnostics
        names = dict(said.id_annotations_by_reason)
        return Decision(
            allowed=result.decision is cedarpy.Decision.Allow and not said.errors,
            by=tuple(str(names.get(reason) or reason) for reason in said.reasons),
            errors=tuple(str(error) for error in said.errors),
        )


def read_policies(folder: Path) -> CedarPolicies:
    """The bundled policies and those in this folder, if there are any."""
    texts = {BUNDLED: _bundled("access.cedar")}
    try:
        texts |= {str(path): path.read_text("utf-8") for path in sorted(folder.glob("*.cedar"))}
        entities = _read_entities(folder / ENTITIES)
    except UnicodeDecodeError as error:
        raise BadPolicy("a policy is not UTF-8 text", where=str(folder), hint="save it as UTF-8") from error
    except OSError as error:
        raise OutsideError(
            f"a policy cannot be read: {error.strerror}",
            where=str(error.filename or folder),
            hint=remedy(error),
        ) from error
    return CedarPolicies(texts, _bundled("causeway.cedarschema"), entities=entities)


def _bundled(name: str) -> str:
    return (pkgutil.get_data("causeway.core", f"reference/policies/{name}") or b"").decode()


def _read_entities(file: Path) -> list[Mapping[str, Any]]:
    if not file.is_file():
        return []
    try:
        entities = json.loads(file.read_text("utf-8"))
        kinds = {entity["uid"]["type"] for entity in entities}
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadPolicy(
            "the file of groups is no list of Cedar entities",
            where=str(file),
            hint='write: [{"uid": {"type": "Causeway::User", "id": "dana"}, "parents": [...]}]',
        ) from error
    if strange := kinds - {f"{NAMESPACE}::User", f"{NAMESPACE}::Group"}:
        raise BadPolicy(
            f"the file of groups speaks of {min(strange)}",
            where=str(file),
            hint=f"it holds {NAMESPACE}::User and {NAMESPACE}::Group",
        )
    return entities


def _validate(text: str, schema: str, *, where: str) -> None:
    result = cedarpy.validate_policies(text, schema)
    if not result.validation_passed:
        raise BadPolicy(
            f"a policy cannot be used: {'; '.join(str(each.error) for each in result.errors[:3])}",
            where=where,
            hint="mend it or take it away; docs/access.md shows the schema",
        )


def _asked(request: Request) -> dict[str, Any]:
    context: dict[str, Any] = {
        "now": int(request.at.timestamp()),
        "purpose": request.use.purpose.casefold(),
        "what": request.use.what,
        "stage": request.stage,
        "unmasks": sorted(request.unmasks),
    }
    if terms := request.terms:
        context["terms"] = {
            "purpose": terms.purpose.casefold(),
            "what": terms.what,
            "until": int(terms.until.timestamp()),
            "revoked": terms.revoked,
            "columns": sorted(terms.columns),
            "unmask": sorted(terms.unmask),
        }
    return {
        "principal": _uid("User", request.actor),
        "action": _uid("Action", request.action),
        "resource": _uid("Source", request.use.source),
        "context": context,
    }


def _entities_of(request: Request, known: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The workspace's groups, the person and the source; everybody is a member of the group of their name."""
    use, person = request.use, _uid("User", request.actor)
    owners = _uid("Group", use.owner)
    said = next((entity for entity in known if entity["uid"] == person), {})
    others = [_whole(entity) for entity in known if entity["uid"] != person]
    groups = [] if any(entity["uid"] == owners for entity in known) else [_entity(owners)]
    attributes = {
        "name": use.source,
        "owner": use.owner,
        "product": use.product,
        "owners": {"__entity": owners},
    }
    return [
        *others,
        *groups,
        {"uid": person, "attrs": {"name": request.actor}, "parents": list(said.get("parents", ()))},
        {"uid": _uid("Source", use.source), "attrs": attributes, "parents": []},
    ]


def _whole(entity: Mapping[str, Any]) -> Mapping[str, Any]:
    """The entity with what the schema wants of it and a person need not write."""
    uid = entity["uid"]
    attributes = {"name": uid["id"]} if uid["type"] == f"{NAMESPACE}::User" else {}
    return {
        "uid": uid,
        "attrs": attributes | entity.get("attrs", {}),
        "parents": list(entity.get("parents", ())),
    }


def _entity(uid: Mapping[str, str]) -> Mapping[str, Any]:
    return {"uid": uid, "attrs": {}, "parents": []}


def _uid(kind: str, name: str) -> dict[str, str]:
    return {"type": f"{NAMESPACE}::{kind}", "id": name}
