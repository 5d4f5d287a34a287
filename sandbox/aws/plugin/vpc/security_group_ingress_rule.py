"""``aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule``."""

from sandbox.aws.plugin.vpc.rule import SecurityGroupRule


class SecurityGroupIngressRule(SecurityGroupRule):
    """A rule for what may come in."""

    token = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    way = "ingress"
