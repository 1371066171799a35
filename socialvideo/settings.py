"""All settings, from the environment, typed. Defaults run the embedded system; a wrong value stops the start."""

from pathlib import Path

from celery.schedules import crontab
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from socialvideo.embedded.cluster import embedded_url
from socialvideo.lib import env

ROOT = Path(__file__).resolve().parent.parent

# Where state lives: the embedded cluster, media, keys, logs.
VAR = Path(env.text("VAR", str(ROOT / "var"))).resolve()
KEYS = VAR / "keys"

# --- Web ---
SECRET_KEY = env.secret("SECRET_KEY", KEYS / "secret_key")
DEBUG = env.flag("DEBUG", default=False)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
PUBLIC_URL = env.address("PUBLIC_URL", "http://127.0.0.1:8000")
STREAM_URL = env.address("STREAM_URL", "http://127.0.0.1:8001")
HTTPS = PUBLIC_URL.startswith("https://")
ROOT_URLCONF = "socialvideo.urls"
WSGI_APPLICATION = "socialvideo.wsgi.application"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
X_FRAME_OPTIONS = "DENY"
USE_TZ, TIME_ZONE, LANGUAGE_CODE = True, "UTC", "en"
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True

# Limits of a request's body, in bytes. A 25-megapixel photo of a telephone is under 12 MB.
MAX_JSON_BYTES = 256 * 1024
MAX_UPLOAD_BYTES = 16 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_JSON_BYTES
FILE_UPLOAD_MAX_MEMORY_SIZE = MAX_UPLOAD_BYTES

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "socialvideo.lib",
    "accounts",
    "consent",
    "worker",
    "feed",
    "moderation",
]
MIDDLEWARE = [
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "socialvideo.lib.pages.Sessions",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "socialvideo.lib.pages.People",
    "socialvideo.lib.pages.Messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "socialvideo.lib.ratelimit.headers",
    "socialvideo.lib.wire.length_required",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
APPEND_SLASH = False

# --- Database: PostgreSQL, always ---
DATABASE_URL = env.text("DATABASE_URL", embedded_url(VAR))
_database = conninfo_to_dict(DATABASE_URL)
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _database.pop("dbname", ""),
        "USER": _database.pop("user", ""),
        "PASSWORD": _database.pop("password", ""),
        "HOST": _database.pop("host", ""),
        "PORT": _database.pop("port", ""),
        # The pool replaces persistent connections, which Django forbids beside it.
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            **_database,
            # A plan for any values (lib/prepared.py): to plan a page for each reader costs thrice what reading it does.
            "options": f"{_database.get('options', '')} -c plan_cache_mode=force_generic_plan".strip(),
            # Without it psycopg prepares nothing; Django's own cursors do not, whatever it says (lib/prepared.py).
            "prepare_threshold": 5,
            "pool": {"min_size": 1, "max_size": env.integer("DATABASE_POOL", 8, low=2, high=100), "timeout": 10},
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Storage: a folder, or S3 (`STORAGE=s3` and S3_BUCKET, S3_ENDPOINT; credentials as boto3 reads them) ---
# What makes the sizes of a film (worker.media.rules.ENCODERS); without the hardware, software makes them after all.
MEDIA_ENCODER = env.choice("MEDIA_ENCODER", "software", among=("software", "nvenc"))
STORAGE = env.choice("STORAGE", "folder", among=("folder", "s3"))
MEDIA_ROOT = VAR / "media"
_folder = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(MEDIA_ROOT)}}
_s3 = {
    "BACKEND": "storages.backends.s3.S3Storage",
    "OPTIONS": {
        "bucket_name": env.text("S3_BUCKET", ""),
        "endpoint_url": env.text("S3_ENDPOINT", "") or None,
        "default_acl": "private",
        "file_overwrite": False,
    },
}
if STORAGE == "s3" and not env.text("S3_BUCKET", ""):
    raise env.SettingWrong("STORAGE is s3 but S3_BUCKET is not set. Name the bucket.")
STORAGES = {
    "default": _s3 if STORAGE == "s3" else _folder,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# --- Uploads ---
# Where bytes lie before anybody looked at them: the API server and the media worker must both see it.
UPLOADS = Path(env.text("UPLOADS", str(VAR / "uploads"))).resolve()
UPLOAD_MAX_BYTES = env.integer("UPLOAD_MAX_BYTES", 512 * 1024 * 1024, low=1024, high=10 * 1024**3)
UPLOAD_MAX_SECONDS = env.integer("UPLOAD_MAX_SECONDS", 180, low=1, high=3600)
# What clients are advised to send at once; what they may is the rest of the file.
UPLOAD_PART_BYTES = env.integer("UPLOAD_PART_BYTES", 8 * 1024 * 1024, low=64 * 1024, high=8 * 1024 * 1024)
# For each person: sessions at once, and clips and bytes a day (UTC).
UPLOAD_SESSIONS = env.integer("UPLOAD_SESSIONS", 5, low=1, high=1000)
UPLOAD_DAY_CLIPS = env.integer("UPLOAD_DAY_CLIPS", 50, low=1, high=1_000_000)
UPLOAD_DAY_BYTES = env.integer("UPLOAD_DAY_BYTES", 4 * 1024**3, low=1024, high=1024**5)
# A session that nobody touches so long ends; what failed is kept so long to be tried again.
UPLOAD_IDLE_HOURS = env.integer("UPLOAD_IDLE_HOURS", 24, low=1, high=720)
# Of the threads of an API server so many may read parts, and none waits longer for the next bytes.
UPLOAD_PARTS_AT_ONCE = env.integer("UPLOAD_PARTS_AT_ONCE", 12, low=1, high=1000)
UPLOAD_STALL_SECONDS = env.integer("UPLOAD_STALL_SECONDS", 30, low=1, high=600)
# Dotted paths of what looks at an upload before it becomes a video (worker/uploads/screenings.py).
UPLOAD_SCREENINGS = env.words("UPLOAD_SCREENINGS", "")
# Uploads and ladders are tried so often.
MEDIA_ATTEMPTS = 3

# --- Contact discovery ---
DISCOVERY_SIGNER_URL = env.address("DISCOVERY_SIGNER_URL", "http://127.0.0.1:8002")
DISCOVERY_SIGNER_TOKEN = env.secret("DISCOVERY_SIGNER_TOKEN", KEYS / "discovery_signer_token")
# Seals members' numbers and challenges, and digests codes (32 raw bytes).
DISCOVERY_NUMBER_KEY_FILE = Path(env.text("DISCOVERY_NUMBER_KEY_FILE", str(KEYS / "discovery_numbers")))
# Signs epoch keys, roots and statements of absence (Ed25519, 32 raw bytes).
DISCOVERY_STATEMENT_KEY_FILE = Path(env.text("DISCOVERY_STATEMENT_KEY_FILE", str(KEYS / "discovery_ed25519")))
# Sends the codes; the console writes a code, never a number, and is for development alone.
_sender = "absent" if HTTPS else "console"
DISCOVERY_SENDER = env.text("DISCOVERY_SENDER", f"accounts.discovery.senders.{_sender}")
DISCOVERY_EPOCH_DAYS = env.integer("DISCOVERY_EPOCH_DAYS", 30, low=2, high=365)
DISCOVERY_INTAKE_SECONDS = env.integer("DISCOVERY_INTAKE_SECONDS", 2, low=1, high=60)
DISCOVERY_MATCH_SECONDS = env.integer("DISCOVERY_MATCH_SECONDS", 60, low=1, high=3600)
# Evaluations that a member has at first, and at most; and how many come back each day.
DISCOVERY_BUDGET, DISCOVERY_REFILL = 2000, 100

# --- Notices: push to browsers, and the summary ---
# Brings pushes to browsers; the console is for development.
PUSH_SENDER = env.text("PUSH_SENDER", f"accounts.notices.senders.{'web' if HTTPS else 'console'}")
# Signs what we push (P-256, 32 raw bytes). Browsers subscribe under it: with another one they must do so anew.
PUSH_KEY_FILE = Path(env.text("PUSH_KEY_FILE", str(KEYS / "push_p256")))
# Whom a push service asks when something is wrong (RFC 8292): an https or mailto address.
PUSH_CONTACT = env.text("PUSH_CONTACT", PUBLIC_URL)
# Lets a push go to 127.0.0.1, without TLS: for tests alone.
PUSH_LOOPBACK = env.flag("PUSH_LOOPBACK", default=False)
SUMMARY_SECONDS = env.integer("SUMMARY_SECONDS", 60, low=1, high=3600)
# How many are written at a time: mail servers are not to be flooded.
SUMMARY_BATCH = env.integer("SUMMARY_BATCH", 500, low=1, high=100_000)
# Which notices about a thing have something to show their reader; else all have.
NOTICE_THINGS = {
    "video": "worker.standing.noticed",
    "post": "feed.visibility.noticed",
    "comment": "feed.engagement.talk.noticed",
}

# --- Watching ---
# So many beacons may wait to be folded into the counts; beyond it players are asked to send them later.
BEACON_BACKLOG = env.integer("BEACON_BACKLOG", 200_000, low=1, high=100_000_000)
BEACON_FOLD_SECONDS = env.integer("BEACON_FOLD_SECONDS", 3, low=1, high=60)

# --- Celery: the database is the broker unless BROKER_URL names another ---
BROKER_URL = env.text("BROKER_URL", "pgmq://")
JOB_LEASE_SECONDS = env.integer("JOB_LEASE_SECONDS", 15, low=2, high=3600)
SWEEP_SECONDS = env.integer("SWEEP_SECONDS", 5, low=1, high=3600)
JOB_ATTEMPTS = 3
# How often what people watch is counted anew for the ranking of feeds.
RANKING_SECONDS = env.integer("RANKING_SECONDS", 300, low=10, high=86_400)
_broker_options: dict[str, object] = {"visibility_timeout": 3600}
if BROKER_URL.startswith("pgmq"):
    _broker_options |= {
        # In libpq's form: pgmq does not unquote the folder of a socket in a URL.
        "conn_string": make_conninfo("", **conninfo_to_dict(DATABASE_URL)),
        "pool_timeout": 5,
        "init_extension": False,
        "use_notify": True,
        "polling_interval": 0.1,
        "wait_time_seconds": 0,
        "pool_size": 4,
    }
elif BROKER_URL.startswith("redis"):
    # Redis redelivers only on each tenth pass otherwise; the job's lease and the sweeper do not wait for it.
    _broker_options |= {"unacked_restore_interval": 1}
CELERY = {
    "broker_url": BROKER_URL,
    "broker_transport_options": _broker_options,
    "broker_connection_retry_on_startup": True,
    # A request does not wait long for a broker that is away.
    "task_publish_retry_policy": {"max_retries": 1, "interval_start": 0, "interval_max": 0.2},
    "broker_connection_timeout": 2,
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "worker_prefetch_multiplier": 1,
    "task_ignore_result": True,
    "task_default_queue": "default",
    "task_routes": {
        "worker.tasks.run_job": {"queue": "generation"},
        "worker.tasks.ingest": {"queue": "media"},
        "worker.tasks.climb": {"queue": "media"},
        "worker.tasks.make_cover": {"queue": "media"},
        "feed.tasks.train_ranking": {"queue": "media"},
        "feed.tasks.refresh_ranking": {"queue": "media"},
    },
    "worker_hijack_root_logger": False,
    "worker_send_task_events": False,
    "worker_enable_remote_control": False,
    "timezone": "UTC",
    "beat_schedule": {
        "sweep": {"task": "worker.tasks.sweep", "schedule": float(SWEEP_SECONDS)},
        # A withdrawal wakes the purge at once; this is for a message that was lost.
        "purge": {"task": "worker.tasks.purge", "schedule": 60.0},
        "sweep-media": {"task": "worker.tasks.sweep_media", "schedule": float(SWEEP_SECONDS)},
        "reap": {"task": "worker.tasks.reap", "schedule": 60.0},
        "covers": {"task": "worker.tasks.sweep_covers", "schedule": 60.0},
        # What people scheduled, and is due.
        "publish": {"task": "feed.tasks.sweep", "schedule": 30.0},
        "fold-beacons": {"task": "feed.tasks.fold_beacons", "schedule": float(BEACON_FOLD_SECONDS)},
        "forget-comments": {"task": "feed.tasks.forget_comments", "schedule": 3600.0},
        "rank-trends": {"task": "feed.tasks.rank_trends", "schedule": 300.0},
        # The ranking of feeds: learned anew each night, counted anew all the time.
        "train-ranking": {"task": "feed.tasks.train_ranking", "schedule": crontab(hour="3", minute="10")},
        "refresh-ranking": {"task": "feed.tasks.refresh_ranking", "schedule": float(RANKING_SECONDS)},
        # Nobody can use a grant past its time; this tidies up what rests on it.
        "expire": {"task": "consent.tasks.expire", "schedule": 60.0},
        "match": {"task": "accounts.discovery.tasks.match", "schedule": float(DISCOVERY_MATCH_SECONDS)},
        "keep-discovery": {"task": "accounts.discovery.tasks.keep", "schedule": 3600.0},
        # Mail and pushes that were not sent, people who came of age.
        "accounts": {"task": "accounts.tasks.sweep", "schedule": 30.0},
        "keep-notices": {"task": "accounts.notices.tasks.keep", "schedule": 3600.0},
        "purge-caches": {"task": "socialvideo.lib.tasks.purge_caches", "schedule": 15.0},
        "summary": {"task": "accounts.notices.tasks.summary", "schedule": float(SUMMARY_SECONDS)},
    },
    "beat_schedule_filename": str(VAR / "beat-schedule"),
}

# --- Mail: the log, a folder, or SMTP (`EMAIL_URL`) ---
globals().update(env.mailbox("EMAIL_URL", "console:"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", "socialvideo <no-reply@localhost>")
# Where the app takes the tokens of mails, as APP_URL/verify#token; without it a mail shows the token alone.
APP_URL = env.text("APP_URL", "")

# --- Accounts ---
AUTH_USER_MODEL = "accounts.Person"
LOGIN_URL = "/admin/login/"
# Second factors are sealed under it, so that the database alone opens none.
SEAL_KEY = env.secret("SEAL_KEY", KEYS / "seal_key")
# Whose passkeys they are, and from where they may be used (WebAuthn: RP ID and origins).
PASSKEY_DOMAIN = env.text("PASSKEY_DOMAIN", env.host_of(PUBLIC_URL))
PASSKEY_ORIGINS = env.words("PASSKEY_ORIGINS", env.origin_of(PUBLIC_URL))
# What changes how one logs in takes a log-in, or a confirmation, that is no older.
FRESH_SECONDS = 600
SESSION_DAYS = env.integer("SESSION_DAYS", 30, low=1, high=365)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("handle", "email", "display_name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.BreachedPasswordValidator"},
]
# Ranges of breached passwords by the first five digits of their SHA-1: a folder, or an address; off when empty.
BREACHED_PASSWORDS = env.text("BREACHED_PASSWORDS", "")
# For so long the account of who left can be brought back by the mail's token; then it is erased.
DELETION_GRACE_DAYS = env.integer("DELETION_GRACE_DAYS", 14, low=0, high=30)
EXPORT_DAYS = env.integer("EXPORT_DAYS", 7, low=1, high=30)
# Multiplies every quota; tests and the walk sign in many people from one address.
RATE_LIMIT_FACTOR = env.integer("RATE_LIMIT_FACTOR", 1, low=1, high=1_000_000)

# --- Consent ---
# Run inside the withdrawal's own transaction, in this order; safety never depends on them.
WITHDRAWAL_HANDLERS = ["worker.jobs.cancel_for"]
# What runs in the transaction in which two people cease to follow each other (decision 4).
PARTING_HANDLERS = ["consent.groups.part"]
# What runs in the transaction in which one of two people blocks the other.
BLOCK_HANDLERS = ["consent.blocking.sever"]
# Run when the bytes of videos that nobody can see any more are gone; they keep lists short, and hide nothing.
PURGE_HANDLERS = ["feed.publishing.unlist"]
# What runs in the transaction in which a guardianship ends, and in which a person is suspended.
GUARDIANSHIP_HANDLERS = ["consent.cosigning.sever", "feed.control.guarding.sever"]
SUSPENSION_HANDLERS = ["consent.suspension.end_all"]
# What runs in the transaction in which a person leaves: what others could do with them ends there.
LEAVING_HANDLERS = ["consent.leaving.end_all"]
# What each room erases of who left, from the top down; and what it adds to a person's export: what is secret first, the
# signed manifest last.
ERASERS = [
    "moderation.erasure.REPORTS",
    "feed.erasure.POSTS",
    "feed.control.erasure.STEERING",
    "worker.erasure.FILMS",
    "consent.erasure.PROOFS",
    "accounts.rights.rows.ROWS",
]
EXPORTERS = [
    "worker.exports.add_likeness",
    "accounts.rights.contents.export",
    "worker.exports.add_videos",
    "feed.exports.add_posts",
    "feed.control.exports.add_feed",
    "moderation.exports.add_reports",
    "worker.exports.add_manifest",
]
LEDGER_KEY_FILE = Path(env.text("LEDGER_KEY_FILE", str(KEYS / "ledger_ed25519")))
# The newest checkpoint, kept outside the database. Leave it out of backups: it tells that one was restored.
LEDGER_ANCHOR_FILE = Path(env.text("LEDGER_ANCHOR_FILE", str(VAR / "ledger-anchor.json")))
# Who answers for the likenesses, as every receipt names them (ISO/IEC TS 27560).
CONTROLLER = {
    "name": env.text("CONTROLLER_NAME", "socialvideo"),
    "address": env.text("CONTROLLER_ADDRESS", "not stated"),
    "contact": env.text("CONTROLLER_CONTACT", PUBLIC_URL),
    "jurisdiction": env.text("CONTROLLER_JURISDICTION", "EU"),
    "storage": env.text("CONTROLLER_STORAGE", "EU"),
    "notice": env.address("CONSENT_NOTICE", f"{PUBLIC_URL}/api/v1/docs"),
}
GRANT_DAYS_DEFAULT, GRANT_DAYS_MAX = 90, 365
GRANT_USES_DEFAULT, GRANT_USES_MAX = 10, 1000

# --- Generation ---
ENGINE = env.choice("ENGINE", "preview", among=("preview", "diffusion"))
ENGINES = {
    "preview": "worker.engines.preview.PreviewEngine",
    "diffusion": "worker.engines.diffusion.DiffusionEngine",
}
MODEL = env.text("MODEL", "")
if ENGINE == "diffusion" and not (MODEL and Path(MODEL).is_dir()):
    raise env.SettingWrong(f"ENGINE is diffusion but MODEL is {MODEL!r}. Name the folder of a diffusers pipeline.")

# What is rendered; a diffusion model may need smaller pictures.
VIDEO_WIDTH = env.integer("VIDEO_WIDTH", 720, low=64, high=2160)
VIDEO_HEIGHT = env.integer("VIDEO_HEIGHT", 1280, low=64, high=3840)
VIDEO_SECONDS = env.integer("VIDEO_SECONDS", 4, low=1, high=60)
VIDEO_FPS = env.integer("VIDEO_FPS", 24, low=4, high=60)

# --- Serving ---
# How long an opening lasts beyond the length of its film.
PLAYBACK_SECONDS = env.integer("PLAYBACK_SECONDS", 300, low=10, high=3600)
# The origins of web clients, whose pages may use the API, upload, and read what is played (CORS):
# `https://app.example`, separated by commas.
WEB_ORIGINS = env.origins("WEB_ORIGINS")
# A page holds its token itself and sends it as a header: cookies, with which others' pages could act, are not taken.
CORS_ALLOWED_ORIGINS = WEB_ORIGINS
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_CREDENTIALS = False
CORS_PREFLIGHT_MAX_AGE = 7200
_UPLOADING = ("upload-offset", "upload-length", "upload-complete", "tus-resumable", "tus-version")
CORS_ALLOW_HEADERS = [
    *("authorization", "content-type", "accept", "idempotency-key", "if-match", "if-none-match", "last-event-id"),
    *_UPLOADING,
    *("upload-metadata", "upload-checksum", "upload-defer-length", "upload-draft-interop-version"),
]
CORS_EXPOSE_HEADERS = [
    *("location", "etag", "link", "retry-after", "ratelimit", "ratelimit-policy", "www-authenticate", "allow"),
    *_UPLOADING,
    *("upload-limit", "upload-expires", "tus-extension", "tus-max-size", "tus-checksum-algorithm"),
]
# What tells a CDN to forget (`socialvideo.lib.caches.by_http`); without one, nothing that is played may be cached.
CACHE_PURGER = env.text("CACHE_PURGER", "")
CDN_URL = env.address("CDN_URL", STREAM_URL)
CACHE_PURGE_URL = env.address("CACHE_PURGE_URL", CDN_URL)
CACHE_PURGE_TOKEN = env.text("CACHE_PURGE_TOKEN", "")
CACHE_SECONDS = env.integer("CACHE_SECONDS", 300, low=1, high=86_400)

# --- API ---
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.auth.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.auth.MayAct"],
    "DEFAULT_THROTTLE_CLASSES": ["socialvideo.lib.ratelimit.Throttle"],
    "DEFAULT_PARSER_CLASSES": ["socialvideo.lib.wire.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["socialvideo.lib.wire.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "socialvideo.lib.schema.ViewSchema",
    "EXCEPTION_HANDLER": "socialvideo.lib.errors.render_problem",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "URL_FORMAT_OVERRIDE": None,
    # Trusting X-Forwarded-For without a proxy would let a client be a new address each time.
    "NUM_PROXIES": env.integer("NUM_PROXIES", 0, low=0, high=5),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "socialvideo",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "DESCRIPTION": """Short videos in which nobody's likeness moves without their recorded, revocable permission.

Sign up, log in at `POST /api/v1/sessions` (or with a passkey), and send `Authorization: Bearer <token>`. Confirm your
e-mail address before you act. Errors are problem documents
(RFC 9457): decide by `code`, show `detail`. Lists are newest first: go on with `next_cursor` until it is null, or
follow the `Link` header. A `POST` that creates takes an `Idempotency-Key`: sent again within 24 hours it answers the
first reply, with `Idempotency-Replayed: true`. `RateLimit` and `RateLimit-Policy` say what is left; after a 429 wait
for `Retry-After`. Times are UTC (RFC 3339), ids are UUIDv7.

The bytes of a video are not below `/api/v1`: `open_video` answers with addresses of the stream server that carry a
ticket. See there.""",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "COMPONENT_SPLIT_PATCH": False,
    "ENUM_SUFFIX": "",
    "ENUM_NAME_OVERRIDES": {
        "CeremonyKind": "accounts.security.serializers.CEREMONIES",
        "OwnCeremonyKind": "accounts.security.serializers.OWN_CEREMONIES",
        "PublicCeremonyKind": "accounts.security.serializers.PUBLIC_CEREMONIES",
        "ActionKind": "moderation.models.Action.Kind",
        "HiddenKind": "feed.engagement.serializers.HIDDEN",
        "ShareChannel": "feed.engagement.serializers.CHANNELS",
        "Channel": "accounts.notices.serializers.CHANNELS",
        "NoticeKind": "accounts.notices.serializers.KINDS",
        "ThingKind": "accounts.notices.serializers.THINGS",
        "Audience": "consent.serializers.AUDIENCES",
        "Purpose": "consent.serializers.PURPOSES",
        "ReportState": "moderation.models.Report.State",
    },
}

# --- The admin panel ---
UNFOLD = {
    "SITE_TITLE": "socialvideo",
    "SITE_HEADER": "socialvideo",
    "SITE_SUBHEADER": "consent and moderation",
    "SITE_SYMBOL": "shield_person",
    "SITE_URL": None,
    # Nothing is changed by the stock forms, so their history is empty; decisions have a list of their own.
    "SHOW_HISTORY": False,
    "LOGIN": {"form": "accounts.panel.LogInForm"},
    "DASHBOARD_CALLBACK": "moderation.dashboard.index",
    "SIDEBAR": {"navigation": "moderation.dashboard.navigation"},
}
FORMAT_MODULE_PATH = ["socialvideo.lib.formats"]

LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", among=("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    # At the handler, too: Django's own loggers have levels of their own.
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "level": LOG_LEVEL}},
    # It would write down which passkeys people have.
    "loggers": {"fido2": {"level": "WARNING"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
}
