"""``aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule``."""

from sandbox.aws.plugin.security_group_rule import SecurityGroupRule


class SecurityGroupIngressRule(SecurityGroupRule):
    """What may get into the members of a security group."""

    token = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    behaviour = "recorded"
    direction = "ingress"
