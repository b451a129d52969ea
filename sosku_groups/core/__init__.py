"""Database, web, money, days, settings and languages: what every feature stands on."""
