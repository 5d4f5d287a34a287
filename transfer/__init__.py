"""Ad-hoc moves of objects from one cloud to another: streamed, parallel, resumable, checked.

    python -m transfer s3://bucket/prefix gs://bucket/prefix

    from transfer import transfer
    report = transfer("s3://bucket/prefix", "gs://bucket/prefix")

Built on boto3, google-cloud-storage and azure-storage-blob, with awscrt for checksums. Of what was
looked at, google-cloud-storage's transfer_manager works on files, not on streams; s3fs/gcsfs/fsspec
and smart_open read and write one stream an object, which neither goes on after a kill nor is
compared with S3's own checksum before it is visible; obstore writes Cloud Storage through the XML
API, with no key of KMS and no word of what arrived. So the clouds' own clients move the bytes, and
what is here is only the order in which they do.

What S3 says of an object's content is compared before anything is visible: CRC32C, CRC64NVME and
CRC32 of the whole, at any size and across runs; SHA-256, SHA-1 and an ETag that is an MD5, unless
the run goes on with a large object. A checksum of parts' checksums, as uploads in parts have by
default, cannot be compared: such objects are counted as unchecked, and then only the CRC32C of what
was read and of what the sink has, and the unchanged ETag, stand for them.

Not copied: ACLs, tags, storage class, versions other than the newest.

    source.py    S3, to read from           sink.py    what a cloud must do to be written to
    copying.py   one object                 gcs.py     Cloud Storage as such
    run.py       all of them                azure.py   Azure Blob Storage as such
    cli.py       the command                progress.py
"""

from transfer.errors import TransferError
from transfer.listening import Kind, Listener, Outcome
from transfer.run import Report, transfer

__all__ = ["Kind", "Listener", "Outcome", "Report", "TransferError", "transfer"]
