"""Azure Monitor's names of time zones, which are those of Windows.

Zones with cloud regions and large cities; pairs as the Unicode CLDR has them (windowsZones.xml).
"""

import difflib
from typing import Final

_ZONES: Final = {
    "UTC": "UTC Etc/UTC Etc/GMT",
    "GMT Standard Time": "Europe/London Europe/Dublin Europe/Lisbon Atlantic/Canary",
    "Greenwich Standard Time": "Atlantic/Reykjavik Africa/Accra Africa/Abidjan Africa/Dakar",
    "W. Europe Standard Time": (
        "Europe/Berlin Europe/Amsterdam Europe/Luxembourg Europe/Malta Europe/Monaco Europe/Oslo "
        "Europe/Rome Europe/Stockholm Europe/Vaduz Europe/Vienna Europe/Zurich"
    ),
    "Romance Standard Time": "Europe/Paris Europe/Brussels Europe/Copenhagen Europe/Madrid",
    "Central Europe Standard Time": (
        "Europe/Budapest Europe/Belgrade Europe/Bratislava Europe/Ljubljana Europe/Prague"
    ),
    "Central European Standard Time": "Europe/Warsaw Europe/Sarajevo Europe/Skopje Europe/Zagreb",
    "GTB Standard Time": "Europe/Bucharest Europe/Athens Asia/Nicosia",
    "FLE Standard Time": (
        "Europe/Kiev Europe/Kyiv Europe/Helsinki Europe/Riga Europe/Sofia Europe/Tallinn "
        "Europe/Vilnius"
    ),
    "Turkey Standard Time": "Europe/Istanbul",
    "Israel Standard Time": "Asia/Jerusalem",
    "Egypt Standard Time": "Africa/Cairo",
    "South Africa Standard Time": "Africa/Johannesburg Africa/Harare Africa/Maputo",
    "W. Central Africa Standard Time": "Africa/Lagos Africa/Algiers Africa/Kinshasa Africa/Tunis",
    "E. Africa Standard Time": "Africa/Nairobi Africa/Addis_Ababa Africa/Kampala",
    "Morocco Standard Time": "Africa/Casablanca",
    "Arab Standard Time": "Asia/Riyadh Asia/Bahrain Asia/Kuwait Asia/Qatar",
    "Arabian Standard Time": "Asia/Dubai Asia/Muscat",
    "Pakistan Standard Time": "Asia/Karachi",
    "India Standard Time": "Asia/Kolkata Asia/Calcutta",
    "Bangladesh Standard Time": "Asia/Dhaka",
    "SE Asia Standard Time": "Asia/Bangkok Asia/Ho_Chi_Minh Asia/Jakarta Asia/Saigon",
    "China Standard Time": "Asia/Shanghai Asia/Hong_Kong Asia/Macau",
    "Singapore Standard Time": "Asia/Singapore Asia/Kuala_Lumpur Asia/Manila",
    "Taipei Standard Time": "Asia/Taipei",
    "W. Australia Standard Time": "Australia/Perth",
    "Tokyo Standard Time": "Asia/Tokyo",
    "Korea Standard Time": "Asia/Seoul",
    "Cen. Australia Standard Time": "Australia/Adelaide",
    "AUS Central Standard Time": "Australia/Darwin",
    "E. Australia Standard Time": "Australia/Brisbane",
    "AUS Eastern Standard Time": "Australia/Sydney Australia/Melbourne",
    "Tasmania Standard Time": "Australia/Hobart",
    "New Zealand Standard Time": "Pacific/Auckland",
    "Hawaiian Standard Time": "Pacific/Honolulu",
    "Alaskan Standard Time": "America/Anchorage America/Juneau",
    "Pacific Standard Time": "America/Los_Angeles America/Vancouver",
    "US Mountain Standard Time": "America/Phoenix",
    "Mountain Standard Time": "America/Denver America/Boise America/Edmonton",
    "Central Standard Time": "America/Chicago America/Winnipeg",
    "Central Standard Time (Mexico)": "America/Mexico_City America/Monterrey",
    "Canada Central Standard Time": "America/Regina",
    "Central America Standard Time": "America/Guatemala America/Costa_Rica",
    "Eastern Standard Time": "America/New_York America/Detroit America/Toronto",
    "SA Pacific Standard Time": "America/Bogota America/Guayaquil America/Lima America/Panama",
    "Atlantic Standard Time": "America/Halifax",
    "SA Western Standard Time": "America/La_Paz America/Manaus America/Puerto_Rico",
    "Pacific SA Standard Time": "America/Santiago",
    "Newfoundland Standard Time": "America/St_Johns",
    "E. South America Standard Time": "America/Sao_Paulo",
    "SA Eastern Standard Time": "America/Cayenne America/Fortaleza America/Recife",
    "Argentina Standard Time": "America/Buenos_Aires America/Argentina/Buenos_Aires",
    "Montevideo Standard Time": "America/Montevideo",
}
_WINDOWS: Final = {iana: name for name, zones in _ZONES.items() for iana in zones.split()}


def windows_name(timezone: str) -> str:
    """What autoscale settings call the zone with this IANA name.

    Raises:
        ValueError: naming zones that it has a name for.
    """
    found = _WINDOWS.get(timezone)
    if found is None:
        near = difflib.get_close_matches(timezone, _WINDOWS, n=3) or ["UTC", "Europe/Berlin"]
        raise ValueError(
            f"no name of {timezone!r} for Azure's autoscale settings is known: take a city of the "
            f"same zone, such as {', '.join(near)}"
        )
    return found
