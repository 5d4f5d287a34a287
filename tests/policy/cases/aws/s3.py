from tests.policy.case import Beside, Case

BUCKETS = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")

CASES = [
    Case(
        rule="aws/s3/bucket/public_access_blocked",
        type=bucket,
        good={},
        beside=(Beside(type=BLOCK, props=dict.fromkeys(BLOCKS, True), by="bucket"),),
        on=0,
        at=block,
        bad=(False,),
    )
    for bucket in BUCKETS
    for block in BLOCKS
]
