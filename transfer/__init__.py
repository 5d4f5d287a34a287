"""Ad-hoc moves of objects from one cloud to another: streamed, parallel, resumable, checked.

    python -m transfer s3://bucket/prefix gs://bucket/prefix

    from transfer import transfer
    report = transfer("s3://bucket/prefix", "gs://bucket/prefix")

Built on boto3 and google-cloud-storage, with awscrt for checksums. Of what was looked at,
google-cloud-storage's transfer_manager works on files, not on streams, and s3fs/gcsfs/fsspec and
smart_open read and write one stream an object, which neither goes on after a kill nor is compared
with S3's own checksum before it is visible; obstore writes Cloud Storage through the XML API, with
no key of KMS and no word of what arrived. So the two clients move the bytes, and what is here is
only the order in which they do.

    source.py    S3, to read from           sink.py   what a cloud must do to be written to
    copying.py   one object                 gcs.py    Cloud Storage as such
    run.py       all of them                cli.py    the command
"""

from transfer.errors import TransferError
from transfer.listening import Kind, Listener, Outcome
from transfer.run import Report, transfer

__all__ = ["Kind", "Listener", "Outcome", "Report", "TransferError", "transfer"]
