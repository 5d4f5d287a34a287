"""``aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule``."""

from sandbox.aws.plugin.security_group_rule import SecurityGroupRule


class SecurityGroupEgressRule(SecurityGroupRule):
    """What may get out of the members of a security group."""

    token = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    behaviour = "recorded"
    direction = "egress"
