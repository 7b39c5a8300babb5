"""The emulated AWS: moto behind a front that logs, identifies, authorises and fills what moto lacks."""
