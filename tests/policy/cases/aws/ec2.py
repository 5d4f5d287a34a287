from tests.policy.case import FAIL, PASS, Beside, Case

CASES = [
    Case(
        rule="aws/ec2/vpc/default_group_closed",
        type="aws:ec2/vpc:Vpc",
        good={},
        on=0,
        at="ingress",
        bad=([{"protocol": "-1"}],),
        missing=PASS,
        unknown=FAIL,
        beside=(
            Beside(
                type="aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
                by="vpcId",
                props={"ingress": []},
            ),
        ),
    ),
    Case(
        rule="aws/ec2/vpc/flow_logs",
        type="aws:ec2/vpc:Vpc",
        good={},
        on=0,
        at="trafficType",
        bad=("ACCEPT",),
        beside=(Beside(type="aws:ec2/flowLog:FlowLog", by="vpcId", props={"trafficType": "ALL"}),),
    ),
    Case(
        rule="aws/ec2/vpc/endpoints",
        type="aws:ec2/vpc:Vpc",
        good={},
        on=0,
        at="serviceName",
        bad=("com.amazonaws.us-east-1.logs",),
        beside=(
            Beside(
                type="aws:ec2/vpcEndpoint:VpcEndpoint",
                by="vpcId",
                props={"serviceName": "com.amazonaws.us-east-1.s3"},
            ),
        ),
    ),
]
