"""Line icons of the portal, drawn on 24 x 24; the strokes take the text's colour."""


def _line(*data: str) -> str:
    return "".join(f'<path d="{one}"/>' for one in data)


DOT = '<circle cx="{}" cy="{}" r="1" fill="currentColor" stroke="none"/>'

PATHS = {
    "alert": _line("M12 4 2.8 19.5h18.4L12 4Z", "M12 10v4.5") + DOT.format(12, 17),
    "anchor": '<circle cx="12" cy="5" r="2.2"/>'
    + _line("M12 7.2V21", "M8.5 11h7", "M4 14c.4 4.2 3.6 7 8 7s7.6-2.8 8-7"),
    "arrow-left": _line("M19 12H5", "m11 6-6 6 6 6"),
    "arrow-right": _line("M5 12h14", "m13 6 6 6-6 6"),
    "bell": _line("M6 16V10.5a6 6 0 0 1 12 0V16l1.5 2h-15L6 16Z", "M10 21h4"),
    "bolt": _line("M13 2.5 5 13.5h6l-1 8 8-11h-6l1-8Z"),
    "bot": '<rect x="4" y="8" width="16" height="12" rx="3"/>'
    + _line("M12 8V4.5", "M9.5 16.5h5", "M1.8 13v3", "M22.2 13v3")
    + '<circle cx="12" cy="3.2" r="1.2"/>'
    + DOT.format(9, 13)
    + DOT.format(15, 13),
    "box": _line("M12 3 4 7v10l8 4 8-4V7l-8-4Z", "m4 7 8 4 8-4", "M12 11v10"),
    "calendar": '<rect x="3.5" y="5" width="17" height="15.5" rx="2.5"/>'
    + _line("M3.5 10h17", "M8 2.8V7", "M16 2.8V7"),
    "cart": _line("M2.5 4h2.7l2.3 11.5h10.8L20.5 8H6.2")
    + '<circle cx="9" cy="19.5" r="1.5"/><circle cx="17" cy="19.5" r="1.5"/>',
    "chart": _line("M4 4v16h16", "M8.5 16v-4", "M13 16V8", "M17.5 16v-6"),
    "chat": _line("M4 5.5h16v11H10.5L6 20v-3.5H4v-11Z", "M8 9.5h8", "M8 12.8h5"),
    "check": _line("m4.5 12.5 5 5 10-11"),
    "chevron-down": _line("m6 9 6 6 6-6"),
    "chevron-left": _line("m15 6-6 6 6 6"),
    "chevron-right": _line("m9 6 6 6-6 6"),
    "chevrons": _line("m8 9 4-4 4 4", "m8 15 4 4 4-4"),
    "clock": '<circle cx="12" cy="12" r="8.5"/>' + _line("M12 7v5.2l3.4 2"),
    "copy": '<rect x="8.5" y="8.5" width="12" height="12" rx="2.5"/>'
    + _line("M15.5 5.8a2.3 2.3 0 0 0-2.3-2.3H5.8a2.3 2.3 0 0 0-2.3 2.3v7.4a2.3 2.3 0 0 0 2.3 2.3"),
    "download": _line("M12 3.5V15", "m7 10.5 5 5 5-5", "M4 20h16"),
    "edit": _line("M4 20h4L19.5 8.5a2.1 2.1 0 0 0 0-3l-1-1a2.1 2.1 0 0 0-3 0L4 16v4Z", "m14 6 4 4"),
    "external": _line("M14 4h6v6", "M20 4 11 13", "M18 14v4.5A1.5 1.5 0 0 1 16.5 20h-11"
                      "A1.5 1.5 0 0 1 4 18.5v-11A1.5 1.5 0 0 1 5.5 6H10"),
    "eye": _line("M2 12s3.6-7 10-7 10 7 10 7-3.6 7-10 7S2 12 2 12Z")
    + '<circle cx="12" cy="12" r="3"/>',
    "filter": _line("M4 6h16", "M7 12h10", "M10.5 18h3"),
    "gauge": _line("M4.2 18a9 9 0 1 1 15.6 0", "m12 14 4-5") + DOT.format(12, 14),
    "gift": '<rect x="4" y="11" width="16" height="9.5" rx="1.5"/>'
    '<rect x="2.8" y="7" width="18.4" height="4" rx="1"/>'
    + _line("M12 7v13.5", "M12 7S8.5 7.2 7.6 5.4C6.8 3.7 8.4 2.4 9.8 3 11.4 3.6 12 7 12 7Z",
            "M12 7s3.5.2 4.4-1.6c.8-1.7-.8-3-2.2-2.4C12.6 3.6 12 7 12 7Z"),
    "globe": '<circle cx="12" cy="12" r="8.5"/>'
    + _line("M3.5 12h17", "M12 3.5c3 3 3.8 5.6 3.8 8.5s-.8 5.5-3.8 8.5c-3-3-3.8-5.6-3.8-8.5"
            "S9 6.5 12 3.5Z"),
    "home": _line("m3.5 11.5 8.5-8 8.5 8", "M6 9.5V20h12V9.5", "M10 20v-5.5h4V20"),
    "info": '<circle cx="12" cy="12" r="8.5"/>' + _line("M12 11v5.5") + DOT.format(12, 7.8),
    "key": '<circle cx="8" cy="15.5" r="4.5"/>' + _line("M11.3 12.3 20 3.5", "m16 7.5 3 3"),
    "link": _line("M10 14a4.2 4.2 0 0 0 6 0l3.2-3.2a4.2 4.2 0 0 0-6-6L12 6",
                  "M14 10a4.2 4.2 0 0 0-6 0l-3.2 3.2a4.2 4.2 0 0 0 6 6L12 18"),
    "list": _line("M9 6h11", "M9 12h11", "M9 18h11")
    + DOT.format(4.5, 6) + DOT.format(4.5, 12) + DOT.format(4.5, 18),
    "lock": '<rect x="4.5" y="10.5" width="15" height="10" rx="2.5"/>'
    + _line("M8 10.5V7.6a4 4 0 0 1 8 0v2.9", "M12 14.5v2"),
    "log-out": _line("M14 4H6.5A1.5 1.5 0 0 0 5 5.5v13A1.5 1.5 0 0 0 6.5 20H14", "M10 12h11",
                     "m17 8 4 4-4 4"),
    "mail": '<rect x="3" y="5" width="18" height="14" rx="2.5"/>' + _line("m4 7 8 6 8-6"),
    "megaphone": _line("M4 10v4l12 5V5L4 10Z", "M7 15.3V18a2 2 0 0 0 4 .3v-1.4",
                       "M19.5 9.5a4 4 0 0 1 0 5"),
    "menu": _line("M4 6.5h16", "M4 12h16", "M4 17.5h16"),
    "minus": _line("M5 12h14"),
    "more": DOT.format(5.5, 12) + DOT.format(12, 12) + DOT.format(18.5, 12),
    "pause": _line("M8 5v14", "M16 5v14"),
    "play": _line("M7 4.5v15l12-7.5L7 4.5Z"),
    "plus": _line("M12 5v14", "M5 12h14"),
    "power": _line("M12 3v8", "M6.6 6.6a8 8 0 1 0 10.8 0"),
    "qr": '<rect x="4" y="4" width="6" height="6" rx="1"/>'
    '<rect x="14" y="4" width="6" height="6" rx="1"/>'
    '<rect x="4" y="14" width="6" height="6" rx="1"/>'
    + _line("M14 14h2.5v2.5", "M20 14v2", "M14 20h2", "M19 19.5h1"),
    "refresh": _line("M19.5 12a7.5 7.5 0 1 1-2.2-5.3L20 9.3", "M20 4.3v5h-5"),
    "search": '<circle cx="10.5" cy="10.5" r="6.5"/>' + _line("m15.5 15.5 5 5"),
    "send": _line("M21 3.5 3 10.8l6.8 3 3 6.7L21 3.5Z", "m9.8 13.8 4-4"),
    "server": '<rect x="3.5" y="4" width="17" height="7" rx="2"/>'
    '<rect x="3.5" y="13" width="17" height="7" rx="2"/>'
    + DOT.format(7.5, 7.5) + DOT.format(7.5, 16.5) + _line("M12 7.5h5", "M12 16.5h5"),
    "settings": '<circle cx="9" cy="6.5" r="2.3"/><circle cx="15.5" cy="12" r="2.3"/>'
    '<circle cx="7" cy="17.5" r="2.3"/>'
    + _line("M11.3 6.5H20", "M4 6.5h2.7", "M17.8 12H20", "M4 12h9.2", "M9.3 17.5H20", "M4 17.5h.7"),
    "shield": _line("M12 3 4.5 6v5.5c0 4.6 3 7.8 7.5 9.5 4.5-1.7 7.5-4.9 7.5-9.5V6L12 3Z",
                    "m8.8 12 2.3 2.3 4.2-4.6"),
    "slash": '<circle cx="12" cy="12" r="8.5"/>' + _line("m6 6 12 12"),
    "theme": '<circle cx="12" cy="12" r="8.5"/>'
    '<path d="M12 3.5a8.5 8.5 0 0 1 0 17Z" fill="currentColor"/>',
    "ticket": _line("M4 6h16v4a2 2 0 0 0 0 4v4H4v-4a2 2 0 0 0 0-4V6Z", "M14.5 6v2.4", "M14.5 11v2",
                    "M14.5 15.6V18"),
    "trash": _line("M4 6.5h16", "M9 6.5V4h6v2.5", "M6 6.5 7 20h10l1-13.5", "M10 10.5v5.5",
                   "M14 10.5v5.5"),
    "trophy": _line("M7 4h10v5a5 5 0 0 1-10 0V4Z", "M7 5.5H3.8c0 3.2 1.2 4.8 3.5 5.2",
                    "M17 5.5h3.2c0 3.2-1.2 4.8-3.5 5.2", "M12 14v3.5", "M8 20.5h8",
                    "M9.5 17.5h5v3"),
    "upload": _line("M12 15.5V4", "m7 8.5 5-5 5 5", "M4 20h16"),
    "user": '<circle cx="12" cy="8" r="4"/>' + _line("M4 20.5c.8-4 3.8-6 8-6s7.2 2 8 6"),
    "users": '<circle cx="9" cy="8.5" r="3.5"/>'
    + _line("M2.5 20c.6-3.7 3-5.5 6.5-5.5s5.9 1.8 6.5 5.5", "M15.5 5.2a3.5 3.5 0 0 1 0 6.6",
            "M18 14.9c2 .7 3.1 2.4 3.5 5.1"),
    "wallet": _line("M4 7.5h14.5A1.5 1.5 0 0 1 20 9v9.5a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4"
                    " 18.5v-12A2.5 2.5 0 0 1 6.5 4H17v3.5") + DOT.format(16, 13.8),
    "webhook": '<circle cx="12" cy="7" r="3.2"/><circle cx="6" cy="17" r="3.2"/>'
    '<circle cx="18" cy="17" r="3.2"/>'
    + _line("m10.5 9.8-2.8 4.4", "M9.2 17h5.6", "m13.5 9.8 2.8 4.4"),
    "x": _line("m6 6 12 12", "M18 6 6 18"),
}  # fmt: skip
