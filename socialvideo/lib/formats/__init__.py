"""How the admin panel writes times: FORMAT_MODULE_PATH leads Django here."""
