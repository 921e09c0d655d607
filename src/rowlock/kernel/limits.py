"""Every fixed limit of Rowlock, named with its unit. What an operator may change is in `rowlock.settings`."""

HOLD_SECONDS_MIN = 60
HOLD_SECONDS_MAX = 3_600
HOLD_EXTENSIONS_MAX = 2
"""Extensions of one hold; together they never pass twice the event's hold time."""

SEATS_PER_BOOKING_CEILING = 500
"""What `seats_per_booking_max` itself may be set to at most."""

REQUEST_BODY_BYTES_MAX = 64 * 1024
"""A sale-lane request body; the largest honest one (500 seat ids) stays below."""

DOCUMENT_BODY_BYTES_MAX = 64 * 1024 * 1024
"""A seating plan sent over HTTP."""

IDEMPOTENCY_KEY_CHARS_MAX = 255
IDEMPOTENCY_HOURS = 24
IDEMPOTENCY_CLAIM_SECONDS = 30
"""How long a key counts as still running when the process that claimed it lives but gives no answer."""

FLUSH_COMMANDS_MAX = 256
"""Commands in one flush of a batcher lane: past it, latency grows and the rate does not."""

QUEUED_COMMANDS_MAX = 20_000
"""Commands waiting in one process before new ones are refused with 503 rather than queued."""

HELD_UP_COMMANDS_MAX = 512
"""Commands of one event that stay in a process while its flush is stuck: those under way and the next flush's."""

DATABASE_ATTEMPTS_MAX = 5
"""Tries of one re-runnable transaction through deadlocks, lost connections and failover."""

PAGE_SIZE_DEFAULT = 20
PAGE_SIZE_MAX = 100
PAGE_NUMBER_MAX = 10_000
SEARCH_TEXT_CHARS_MAX = 200
NAME_CHARS_MAX = 300
DESCRIPTION_CHARS_MAX = 20_000
TIERS_PER_EVENT_MAX = 200
PERFORMERS_PER_EVENT_MAX = 100

RISKY_SEATS_MIN = 50
"""Taking so many seats of a live event from sale, or putting them back, takes two people where two are wanted."""

APPROVAL_HOURS = 24
"""How long a proposal waits for its second person."""

SNAPSHOT_AGE_SECONDS_MAX = 0.05
"""How old a served seat snapshot may be before the ledger is asked again."""

SINCE_ROWS_MAX = 2_000
"""Ledger rows behind `?since=`; a client further behind takes a snapshot, which is smaller."""

SUBSTITUTE_SECONDS = 60
"""How long seats that stand in for taken ones are kept for the buyer to accept or drop."""

CHOICE_ROWS_MAX = 2_000
"""Ledger rows that choosing catches up with under the event's lock; further behind, it reads the seats anew before."""

CHOICE_ATTEMPTS_MAX = 5
"""Tries of a choice whose picture was too old; each reads the seats anew."""

LAPSED_HOLDS_CLOSED_MAX = 1_000
"""Holds past their end that choosing closes before it looks again at a picture that was wrong."""

CODE_TRIES_PER_MINUTE = 10
"""Codes that one person may try."""

CODE_GUESSES_PER_MINUTE = 100
"""Codes that may turn out to be none, of all who share a network."""

CODES_PER_REQUEST_MAX = 1_000
CODES_AT_ONCE_MAX = 100_000
"""Codes that one command makes."""

REPLICA_AGE_SECONDS_MAX = 0.1
"""How old a picture may be that a taken seat is refused from; an older one refuses nothing."""

MAYBE_FREE_SEATS_MAX = 500
"""With more seats free than these, whether a party fits is for choosing to say, not for the memory."""

REPLICA_POLL_SECONDS = 0.05
"""The longest pause between two reads of a followed event's ledger."""

REPLICA_POLL_SECONDS_MIN = 0.025
"""The shortest: hints after commits come far more often in a hot sale."""

REPLICA_IDLE_SECONDS = 5.0
"""An event is followed for so long after the last attempt to book in it."""

STREAM_READ_SECONDS_MIN = 0.02
"""The shortest pause between two readings of watched ledgers: changes in between share a frame."""

STREAM_POLL_SECONDS = 1.0
"""How often watched ledgers are read without a hint: hints are sent after commit and may be lost."""

STREAM_POLL_SECONDS_BLIND = 0.25
"""The same while no hints arrive at all, because Valkey is away or was never there."""

STREAM_CHANGES_MAX = 2_000
"""Seats in one catch-up of a viewer; one who missed more takes a snapshot, which is smaller."""

STREAM_WINDOW_CHANGES_MAX = 100_000
"""Seat changes of one event kept for viewers who come back, four bytes each."""

STREAM_BUFFER_BYTES_MAX = 64 * 1024
"""What may wait in this process for one viewer before he is cut as too slow."""

STREAM_SOCKET_BYTES = 64 * 1024
"""What the kernel is asked to keep for one viewer beside that; it takes twice as much."""

STREAM_MESSAGE_BYTES_MAX = 4 * 1024
"""One message from a viewer."""

STREAM_HEAD_BYTES_MAX = 16 * 1024
STREAM_HEAD_SECONDS_MAX = 5.0
"""A request for a stream must be whole by then."""

STREAM_HEARTBEAT_SECONDS = 25
"""Between two pings. A viewer silent through two of them is gone."""

STREAM_FAREWELL_SECONDS = 3.0
"""The longest time over which viewers are sent away at shutdown, so that they do not all come back at once."""

STREAM_TICKET_SECONDS = 30
"""How long a ticket opens a stream."""

PAYMENT_DECLINES_MAX = 3
PAYMENT_COOLING_SECONDS = 60
"""After so many refused cards for one booking, each further try waits for so long: nobody tests cards here."""

PERSON_NAME_CHARS_MAX = 100

SESSION_TOKEN_SECONDS = 14 * 24 * 3600
"""How long a buyer stays signed in without being seen; every visit a day later begins it anew."""

SESSION_RENEWED_SECONDS = 24 * 3600
"""A session's token older than this is replaced when its page asks who it is."""

OLD_SESSION_DAYS = 30
"""After this a session that nobody used is forgotten, with the device and network it was seen from."""

STAFF_TOKEN_SECONDS = 8 * 3600
"""How long somebody acts in a staff role before they have to take it up again."""

FRESH_SESSION_SECONDS = 15 * 60
"""What protects an account is changed only so soon after signing in."""

MAIL_LINK_SECONDS = 15 * 60
MAIL_LINKS_PER_ADDRESS_MAX = 5
"""Mails to one address within the life of a link: nobody can flood a stranger's mailbox from here."""

MAIL_CODE_TRIES_MAX = 5
CEREMONY_SECONDS = 5 * 60
SECOND_FACTOR_TRIES_MAX = 5

PASSWORD_CHARS_MIN = 10
PASSWORD_CHARS_MAX = 256
PASSWORD_JOBS_WAITING_MAX = 32
"""Passwords that wait for their hash in one process; more are refused with 503 rather than queued."""

PASSKEYS_PER_ACCOUNT_MAX = 20
RECOVERY_CODES = 10

ADMISSIONS_PER_MINUTE_MAX = 1_000_000
PLACES_PER_DEVICE_MAX = 10
"""Places in one line that one device may take in an hour: a family does not, a farm does."""
