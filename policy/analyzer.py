"""The policy pack as the engine's plugin, on the SDK's own gRPC stubs.

pulumi-policy's `PolicyPack` would read every resource's properties anew for every rule, lets a
mandatory rule that meets an unknown value pass quietly, and does not give stack rules what was
declared. Here they are read once, and every outcome is told apart.
"""

import sys
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent import futures
from typing import Any, Final

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2 as messages
from pulumi.runtime.proto import analyzer_pb2_grpc, plugin_pb2
from pydantic import ValidationError

from policy import discovery, evaluation, profile
from policy.evaluation import Finding, Outcome
from policy.resource import Resource
from policy.rule import LoadedRule, Severity
from policy.settings import Facts, facts
from policy.stack import Stack
from policy.values import read

NAME: Final = "trimaran"
VERSION: Final = "1.0.0"
_MESSAGE_BYTES: Final = 400 * 2**20
_SEVERITIES: Final = {
    Severity.LOW: messages.POLICY_SEVERITY_LOW,
    Severity.MEDIUM: messages.POLICY_SEVERITY_MEDIUM,
    Severity.HIGH: messages.POLICY_SEVERITY_HIGH,
    Severity.CRITICAL: messages.POLICY_SEVERITY_CRITICAL,
}


class Analyzer(analyzer_pb2_grpc.AnalyzerServicer):
    """Answers the engine; one of it serves one run on one stack."""

    def __init__(self, rules: tuple[LoadedRule, ...]) -> None:
        self._rules = rules
        self._facts = Facts()
        self._preview = False
        self._selection = profile.select(rules, self._facts.policy, where="policy")
        self._declared: dict[str, Resource] = {}
        self._findings: list[Finding] = []
        self._lock = threading.Lock()

    def Handshake(self, request: Any, context: Any) -> messages.AnalyzerHandshakeResponse:
        return messages.AnalyzerHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=VERSION)

    def Cancel(self, request: Any, context: Any) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def ConfigureStack(
        self, request: messages.AnalyzerStackConfigureRequest, context: grpc.ServicerContext
    ) -> messages.AnalyzerStackConfigureResponse:
        """Takes the stack's settings; those that are wrong end the run."""
        where = f"Pulumi.{request.stack}.yaml: {request.project}:policy"
        try:
            self._facts = facts(request.config, project=request.project, stack=request.stack)
            self._selection = profile.select(self._rules, self._facts.policy, where=where)
        except ValidationError as error:
            told = "; ".join(f"{_place(item['loc'])}{item['msg']}" for item in error.errors())
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"{where}{told}")
        except profile.BadSettings as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        for exemption in evaluation.expired(self._facts.policy):
            context.abort(
                grpc.StatusCode.INVALID_ARGUMENT,
                f"{where}.exemptions: that of {exemption.resource} from {exemption.rule} expired "
                f"on {exemption.expires}: mend the resource, or decide anew",
            )
        self._preview = request.dry_run
        return messages.AnalyzerStackConfigureResponse()

    def GetAnalyzerInfo(self, request: Any, context: Any) -> messages.AnalyzerInfo:
        return messages.AnalyzerInfo(
            name=NAME,
            version=VERSION,
            # Exemptions are settings of the stack, with reason and date; nothing else weakens it.
            supportsConfig=False,
            policies=[_information(rule) for rule in self._selection.enabled],
        )

    def Configure(self, request: Any, context: Any) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def Analyze(self, request: messages.AnalyzeRequest, context: Any) -> messages.AnalyzeResponse:
        """One resource, before it is created or changed."""
        resource = Resource(
            urn=request.urn,
            token=request.type,
            name=request.name,
            inputs=_properties(request.properties),
            provider=_properties(request.provider.properties),
            parent=request.options.parent,
            facts=self._facts,
        )
        with self._lock:
            self._declared[request.urn] = resource
        found = self._noted(evaluation.each(self._selection.enabled, resource))
        return messages.AnalyzeResponse(diagnostics=map(self._diagnostic, found))

    def AnalyzeStack(
        self, request: messages.AnalyzeStackRequest, context: Any
    ) -> messages.AnalyzeResponse:
        """All resources, when all are declared."""
        resources = tuple(self._complete(resource) for resource in request.resources)
        stack = Stack(resources=resources, facts=self._facts)
        found = self._noted(evaluation.together(self._selection.enabled, stack))
        return messages.AnalyzeResponse(
            diagnostics=[
                *map(self._diagnostic, found),
                *self._open(),
                *self._idle(resources),
            ]
        )

    def Remediate(self, request: Any, context: Any) -> messages.RemediateResponse:
        """Nothing is changed behind the program's back."""
        return messages.RemediateResponse()

    def _complete(self, sent: messages.AnalyzerResource) -> Resource:
        outputs = _properties(sent.properties)
        declared = self._declared.get(sent.urn)
        depends = {
            name: frozenset(sources.urns) for name, sources in sent.propertyDependencies.items()
        }
        return Resource(
            urn=sent.urn,
            token=sent.type,
            name=sent.name,
            # The engine sends what the cloud answered; rules judge what is declared.
            inputs=declared.inputs if declared else outputs,
            outputs=outputs,
            depends=depends,
            provider=_properties(sent.provider.properties),
            parent=sent.parent,
            facts=self._facts,
        )

    def _noted(self, findings: Iterable[Finding]) -> list[Finding]:
        """What is to be told now. In a preview, what is open is told once all are declared."""
        found = [finding for finding in findings if finding.outcome is not Outcome.PASS]
        with self._lock:
            self._findings += found
        if self._preview:
            found = [finding for finding in found if finding.outcome is not Outcome.UNKNOWN]
        return found

    def _open(self) -> Iterator[messages.AnalyzeDiagnostic]:
        """One line a rule for what a preview cannot know: a line a resource would bury the rest."""
        by_rule: dict[str, list[Finding]] = defaultdict(list)
        for finding in self._findings if self._preview else ():
            if finding.outcome is Outcome.UNKNOWN:
                by_rule[finding.rule.id].append(finding)
        for identifier in sorted(by_rule):
            findings = by_rule[identifier]
            unknown = "; ".join(sorted({finding.message for finding in findings}))
            names = sorted({finding.resource.name for finding in findings})
            count = f"{len(names)} resources: " if len(names) > 1 else ""
            yield _told(
                findings[0].rule,
                f"{unknown}: checked at up ({count}{', '.join(names)})",
            )

    def _idle(self, resources: tuple[Resource, ...]) -> Iterator[messages.AnalyzeDiagnostic]:
        rules = {rule.id: rule for rule in self._rules}
        settings, enabled = self._facts.policy, self._selection.enabled
        for exemption, why in evaluation.idle(settings, enabled, resources, self._findings):
            yield _told(
                rules[exemption.rule],
                f"the exemption of {exemption.resource} excuses nothing, {why}: take it out of "
                f"Pulumi.{self._facts.stack}.yaml",
            )

    def _diagnostic(self, finding: Finding) -> messages.AnalyzeDiagnostic:
        rule = finding.rule.rule
        level = messages.MANDATORY
        message = f"{finding.resource.name}: {finding.message}"
        if finding.outcome is Outcome.FAIL:
            message = f"{message}. Remedy: {rule.remediation}. {rule.link}"
        elif finding.outcome is Outcome.EXEMPT:
            level = messages.ADVISORY
        return _told(finding.rule, message, level=level, urn=finding.resource.urn)


def _properties(sent: struct_pb2.Struct) -> Mapping[str, Any]:
    properties: dict[str, Any] = read(json_format.MessageToDict(sent))
    return properties


def _told(
    rule: LoadedRule, message: str, *, level: Any = messages.ADVISORY, urn: str = ""
) -> messages.AnalyzeDiagnostic:
    """A line for people; without a URN, about the stack."""
    return messages.AnalyzeDiagnostic(
        policyName=rule.id,
        policyPackName=NAME,
        policyPackVersion=VERSION,
        description=rule.rule.title,
        message=message,
        enforcementLevel=level,
        urn=urn,
        severity=_SEVERITIES[rule.rule.severity],
    )


def _information(rule: LoadedRule) -> messages.PolicyInfo:
    metadata = rule.rule
    return messages.PolicyInfo(
        name=rule.id,
        displayName=metadata.title,
        description=metadata.title,
        message=metadata.remediation,
        enforcementLevel=messages.MANDATORY,
        severity=_SEVERITIES[metadata.severity],
        url=metadata.link,
        tags=[
            *metadata.controls,
            *(f"GDPR {article}" for article in metadata.gdpr),
            *(f"HIPAA {paragraph}" for paragraph in metadata.hipaa),
        ],
    )


def _place(location: tuple[int | str, ...]) -> str:
    return "".join(f".{step}" for step in location) + ": "


def serve() -> None:
    """Serves the engine until it ends this process. Prints the port, as the engine expects."""
    try:
        analyzer = Analyzer(discovery.rules())
    except (discovery.BrokenRule, profile.BadSettings) as error:
        sys.exit(f"policy: {error}")
    limits = [("grpc.max_receive_message_length", _MESSAGE_BYTES)]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4), options=limits)
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(analyzer, server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    server.wait_for_termination()
