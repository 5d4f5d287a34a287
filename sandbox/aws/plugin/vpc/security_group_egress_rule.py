"""``aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule``."""

from sandbox.aws.plugin.vpc.rule import SecurityGroupRule


class SecurityGroupEgressRule(SecurityGroupRule):
    """A rule for what may go out."""

    token = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    way = "egress"
