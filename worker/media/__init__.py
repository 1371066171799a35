"""Video in and out: media work on strangers' files, in bounded child processes. It knows no tables and no settings."""
