"""What stands beside a rule has the shape that auditors look it up by."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from policy import articles, discovery
from policy.rule import LoadedRule

RULES = discovery.rules()
# Each of them publishes at addresses that hold; none of ours names a language or a version.
PUBLISHERS = {
    "aws": "docs.aws.amazon.com",
    "azure": "learn.microsoft.com",
    "gcp": "cloud.google.com",
}
LAW = ("gdpr-info.eu", "www.pulumi.com", "docs.aws.amazon.com")
SECURITY_HUB = re.compile(
    r"(Athena|CloudTrail|EC2|ECR|Glue|IAM|KMS|Macie|S3|SNS|SageMaker|SecretsManager)\.[1-9]\d?"
)
CHECKOV = re.compile(r"CKV2?_(AWS|AZURE|GCP|SECRET)_[1-9]\d*")
PROWLER = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+")


def links() -> Iterator[tuple[LoadedRule, str]]:
    for rule in RULES:
        parts = urlsplit(rule.rule.link)
        cloud = rule.id.partition("/")[0]
        allowed = LAW if cloud == "common" else (PUBLISHERS[cloud],)
        if parts.scheme != "https" or parts.netloc not in allowed:
            yield rule, rule.rule.link
        if re.search(r"/[a-z]{2}[-_][a-zA-Z]{2}/|\s|\?", rule.rule.link):
            yield rule, rule.rule.link


def test_a_link_is_of_the_rules_own_cloud_or_of_the_law() -> None:
    assert list(links()) == []


def test_a_link_to_a_security_hub_control_is_of_a_control_that_the_rule_names() -> None:
    wrong = []
    for rule in RULES:
        found = re.search(
            r"/userguide/([a-z0-9]+)-controls\.html#([a-z0-9]+)-(\d+)", rule.rule.link
        )
        if found and f"{found[2]}.{found[3]}" not in [item.lower() for item in rule.rule.controls]:
            wrong.append((rule.id, rule.rule.link))
        assert not found or found[1] == found[2]
    assert wrong == []


def test_a_control_is_of_security_hub_checkov_or_prowler_and_stands_once() -> None:
    for rule in RULES:
        assert len(set(rule.rule.controls)) == len(rule.rule.controls), rule.id
        for control in rule.rule.controls:
            known = (SECURITY_HUB, CHECKOV, PROWLER)
            assert any(pattern.fullmatch(control) for pattern in known), (rule.id, control)


def test_a_checkov_control_is_of_the_rules_own_cloud() -> None:
    for rule in RULES:
        cloud = rule.id.partition("/")[0].upper()
        if cloud != "COMMON":
            names = {CHECKOV.fullmatch(control) for control in rule.rule.controls} - {None}
            assert {found[1] for found in names if found} <= {cloud}, rule.id


def test_every_article_has_its_heading() -> None:
    served = {article for rule in RULES for article in rule.rule.gdpr}
    paragraphs = {paragraph for rule in RULES for paragraph in rule.rule.hipaa}
    assert served == set(articles.GDPR)
    assert paragraphs == set(articles.HIPAA)
