"""The articles and paragraphs that rules may serve, with their headings, for the auditor.

https://gdpr-info.eu and https://www.ecfr.gov/current/title-45/part-164/subpart-C
"""

from typing import Final

GDPR: Final = {
    "5(1)(b)": "Purpose limitation",
    "5(1)(e)": "Storage limitation",
    "25": "Data protection by design and by default",
    "30": "Records of processing activities",
    "32": "Security of processing",
    "33": "Notification of a personal data breach to the supervisory authority",
    "44": "General principle for transfers",
}
HIPAA: Final = {
    "164.308(a)(1)(ii)(D)": "Information system activity review",
    "164.308(a)(6)(ii)": "Response and reporting",
    "164.308(a)(7)": "Contingency plan",
    "164.312(a)(1)": "Access control",
    "164.312(a)(2)(iv)": "Encryption and decryption",
    "164.312(b)": "Audit controls",
    "164.312(c)(1)": "Integrity",
    "164.312(d)": "Person or entity authentication",
    "164.312(e)(1)": "Transmission security",
    "164.312(e)(2)(ii)": "Encryption in transmission",
}
