"""What the imitated providers share: inputs against an SDK's types, comparing, naming, life cycle.

It knows no cloud. A cloud's package (``sandbox.aws.plugin``) derives its handlers from
:class:`~sandbox.plugins.resource.ImitatedResource` and says which SDK it speaks for.
"""
