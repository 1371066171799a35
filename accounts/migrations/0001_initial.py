import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import socialvideo.lib.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Person',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('handle', models.CharField(max_length=30, unique=True)),
                ('email', models.EmailField(db_index=True, max_length=254)),
                ('display_name', models.CharField(max_length=60)),
                ('bio', models.CharField(blank=True, max_length=300)),
                ('pronouns', models.CharField(blank=True, db_default='', max_length=40)),
                ('links', models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list)),
                ('picture', models.CharField(blank=True, max_length=80)),
                ('picture_side', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('picture_blurhash', models.CharField(blank=True, db_default='', max_length=40)),
                ('verified_at', models.DateTimeField(blank=True, null=True)),
                ('birth_date', models.DateField(blank=True, null=True)),
                ('is_private', models.BooleanField(db_default=False, default=False)),
                ('suspended_until', models.DateTimeField(blank=True, null=True)),
                ('is_staff', models.BooleanField(default=False)),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name_plural': 'people',
                'constraints': [models.CheckConstraint(condition=models.Q(('handle__regex', '^[a-z][a-z0-9_]{2,29}$')), name='handle_shape'), models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='email_lower'), models.CheckConstraint(condition=models.Q(models.Q(('picture', ''), ('picture_blurhash', ''), ('picture_side', 0)), models.Q(models.Q(('picture', ''), _negated=True), ('picture_side__gt', 0), models.Q(('picture_blurhash', ''), _negated=True)), _connector='OR'), name='person_picture_whole'), models.UniqueConstraint(condition=models.Q(('verified_at__isnull', False)), fields=('email',), name='email_verified_once')],
            },
        ),
        migrations.CreateModel(
            name='PushSubscription',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('endpoint', models.CharField(max_length=2000)),
                ('endpoint_digest', models.BinaryField(max_length=32, unique=True)),
                ('public_key', models.BinaryField(max_length=65)),
                ('secret', models.BinaryField(max_length=16)),
                ('failures', models.PositiveSmallIntegerField(default=0)),
                ('resumes_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('endpoint', ''), _negated=True), name='push_endpoint_there')],
            },
        ),
        migrations.CreateModel(
            name='RetiredHandle',
            fields=[
                ('digest', models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ('free_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='DiscoveryBudget',
            fields=[
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('remaining', models.PositiveIntegerField()),
                ('counted_date', models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='tally', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('followers', models.PositiveIntegerField(default=0)),
                ('following', models.PositiveIntegerField(default=0)),
            ],
            options={
                'verbose_name_plural': 'tallies',
            },
        ),
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('bucket', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('failures', models.PositiveIntegerField()),
                ('last_at', models.DateTimeField()),
                ('locked_until', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['last_at'], name='attempt_by_time')],
                'constraints': [models.CheckConstraint(condition=models.Q(('locked_until__gte', models.F('last_at'))), name='attempt_locks_on')],
            },
        ),
        migrations.CreateModel(
            name='Block',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('blocked', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('blocker', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['blocker', '-id'], name='block_by_blocker')],
                'constraints': [models.UniqueConstraint(fields=('blocker', 'blocked'), name='block_once'), models.CheckConstraint(condition=models.Q(('blocker', models.F('blocked')), _negated=True), name='block_not_oneself')],
            },
        ),
        migrations.CreateModel(
            name='Ceremony',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('sign_up', 'Sign Up'), ('log_in', 'Log In'), ('register', 'Register'), ('confirm', 'Confirm')], max_length=10)),
                ('challenge', models.BinaryField(max_length=32)),
                ('person_id', models.UUIDField(null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name_plural': 'ceremonies',
                'indexes': [models.Index(fields=['expires_at'], name='ceremony_by_end')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('kind', 'log_in'), ('person_id', None)), models.Q(models.Q(('kind', 'log_in'), _negated=True), ('person_id__isnull', False)), _connector='OR'), name='ceremony_knows_whose'), models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('created_at'))), name='ceremony_expires_later')],
            },
        ),
        migrations.CreateModel(
            name='CloseFriend',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('friend', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['person', '-id'], name='close_friend_by_person')],
                'constraints': [models.UniqueConstraint(fields=('person', 'friend'), name='close_friend_once'), models.CheckConstraint(condition=models.Q(('person', models.F('friend')), _negated=True), name='close_friend_not_oneself')],
            },
        ),
        migrations.CreateModel(
            name='Departure',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('token_digest', models.BinaryField(max_length=32, unique=True)),
                ('left_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('erase_at', models.DateTimeField()),
                ('cancelled_at', models.DateTimeField(null=True)),
                ('removed', models.JSONField(default=dict)),
                ('kept', models.JSONField(default=list)),
                ('steps', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), default=list, size=None)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('due_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('finished_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='departures', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('cancelled_at', None), ('finished_at', None)), fields=['erase_at'], name='departure_to_erase')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('cancelled_at', None), ('finished_at', None)), fields=('person',), name='departure_one_open'), models.CheckConstraint(condition=models.Q(('cancelled_at', None), ('finished_at', None), _connector='OR'), name='departure_one_end'), models.CheckConstraint(condition=models.Q(('finished_at', None), ('steps__contains', ['counted']), _connector='OR'), name='departure_finished_was_counted'), models.CheckConstraint(condition=models.Q(('erase_at__gte', models.F('left_at'))), name='departure_erases_later')],
            },
        ),
        migrations.CreateModel(
            name='DiscoveryEnrolment',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('sealed_number', models.BinaryField(max_length=64)),
                ('opted_in_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('forgotten_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='discovery', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ContactMatch',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('matched_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('high', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='matches_high', to='accounts.discoveryenrolment')),
                ('low', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='matches_low', to='accounts.discoveryenrolment')),
            ],
            options={
                'indexes': [models.Index(fields=['low', '-id'], name='match_by_low'), models.Index(fields=['high', '-id'], name='match_by_high')],
                'constraints': [models.UniqueConstraint(fields=('low', 'high'), name='match_once'), models.CheckConstraint(condition=models.Q(('low__lt', models.F('high'))), name='match_in_order')],
            },
        ),
        migrations.CreateModel(
            name='DiscoveryEpoch',
            fields=[
                ('number', models.PositiveIntegerField(primary_key=True, serialize=False)),
                ('public_key', models.BinaryField(max_length=32, unique=True)),
                ('leaf_key', models.BinaryField(max_length=32, unique=True)),
                ('begins_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('begins_at'))), name='epoch_ends_later'), models.CheckConstraint(condition=models.Q(('closed_at', None), ('closed_at__gte', models.F('ends_at')), _connector='OR'), name='epoch_closed_after_its_end')],
            },
        ),
        migrations.CreateModel(
            name='ContactEdge',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('fresh', models.BooleanField(default=True)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='edges', to='accounts.discoveryenrolment')),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='edges_to', to='accounts.discoveryenrolment')),
                ('epoch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='accounts.discoveryepoch')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('fresh', True)), fields=['id'], name='edge_fresh')],
                'constraints': [models.UniqueConstraint(fields=('owner', 'target', 'epoch'), name='edge_once_an_epoch'), models.CheckConstraint(condition=models.Q(('owner', models.F('target')), _negated=True), name='edge_not_to_oneself')],
            },
        ),
        migrations.CreateModel(
            name='DiscoveryTag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tag', models.BinaryField(max_length=32)),
                ('prefix', models.BigIntegerField()),
                ('leaf', models.BinaryField(max_length=32)),
                ('rooted', models.BooleanField(default=False)),
                ('enrolment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tags', to='accounts.discoveryenrolment')),
                ('epoch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='accounts.discoveryepoch')),
            ],
            options={
                'indexes': [models.Index(fields=['epoch', 'prefix'], name='tag_by_prefix')],
                'constraints': [models.UniqueConstraint(fields=('enrolment', 'epoch'), name='tag_once_an_epoch'), models.UniqueConstraint(fields=('epoch', 'tag'), name='tag_of_one_member'), models.UniqueConstraint(fields=('epoch', 'leaf'), name='leaf_of_one_member'), models.CheckConstraint(condition=models.Q(('prefix__gte', 0), ('prefix__lt', 1125899906842624)), name='tag_prefix_50_bits')],
            },
        ),
        migrations.CreateModel(
            name='Dismissal',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('dismissed', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('person', 'dismissed'), name='dismissal_once'), models.CheckConstraint(condition=models.Q(('person', models.F('dismissed')), _negated=True), name='dismissal_not_oneself')],
            },
        ),
        migrations.CreateModel(
            name='Export',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('in_progress', 'In Progress'), ('completed', 'Completed'), ('failed', 'Failed'), ('expired', 'Expired')], default='queued', max_length=12)),
                ('progress', models.PositiveSmallIntegerField(default=0)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('file', models.CharField(blank=True, max_length=80)),
                ('key', models.BinaryField(max_length=32, null=True)),
                ('size_bytes', models.PositiveBigIntegerField(null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('lease_until', models.DateTimeField(null=True)),
                ('completed_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exports', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['person', '-id'], name='export_of_person')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['queued', 'in_progress'])), fields=('person',), name='export_one_open'), models.CheckConstraint(condition=models.Q(models.Q(('expires_at__isnull', False), ('key__isnull', False), ('size_bytes__gt', 0), ('state', 'completed')), models.Q(models.Q(('state', 'completed'), _negated=True), ('key', None)), _connector='OR'), name='export_completed_has_its_key'), models.CheckConstraint(condition=models.Q(('progress__lte', 100)), name='export_progress_percent')],
            },
        ),
        migrations.CreateModel(
            name='Follow',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('followee', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='followed_by', to=settings.AUTH_USER_MODEL)),
                ('follower', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='follows', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['follower', '-id'], name='follow_by_follower'), models.Index(fields=['followee', '-id'], name='follow_by_followee')],
                'constraints': [models.UniqueConstraint(fields=('follower', 'followee'), name='follow_once'), models.CheckConstraint(condition=models.Q(('follower', models.F('followee')), _negated=True), name='follow_not_oneself')],
            },
        ),
        migrations.CreateModel(
            name='FollowRequest',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('asked_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('declined_at', models.DateTimeField(null=True)),
                ('taken_back', models.BooleanField(db_default=False, default=False)),
                ('followee', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('follower', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['follower', '-id'], name='request_by_follower'), models.Index(condition=models.Q(('declined_at', None)), fields=['followee', '-id'], name='request_waiting')],
                'constraints': [models.UniqueConstraint(fields=('follower', 'followee'), name='request_once'), models.CheckConstraint(condition=models.Q(('follower', models.F('followee')), _negated=True), name='request_not_oneself'), models.CheckConstraint(condition=models.Q(('taken_back', False), ('declined_at__isnull', False), _connector='OR'), name='request_taken_back_was_declined')],
            },
        ),
        migrations.CreateModel(
            name='Guardianship',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('guardian', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='wards', to=settings.AUTH_USER_MODEL)),
                ('ward', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='guardianships', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['guardian', '-id'], name='guardianship_by_guardian')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('ward',), name='guardianship_one_open'), models.CheckConstraint(condition=models.Q(('ward', models.F('guardian')), _negated=True), name='guardianship_not_oneself')],
            },
        ),
        migrations.CreateModel(
            name='Mail',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('verify', 'Verify'), ('change', 'Change'), ('reset', 'Reset'), ('keep', 'Keep'), ('notice', 'Notice'), ('summary', 'Summary')], max_length=10)),
                ('to', models.EmailField(max_length=254)),
                ('event', models.CharField(blank=True, max_length=40)),
                ('text', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('expires_at', models.DateTimeField(null=True)),
                ('used_at', models.DateTimeField(null=True)),
                ('sent_at', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('due_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mails', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['person', 'kind', '-id'], name='mail_of_person'), models.Index(condition=models.Q(('sent_at', None)), fields=['due_at'], name='mail_unsent'), models.Index(fields=['to', '-created_at'], name='mail_by_address')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind', 'notice'), ('expires_at__isnull', False), _connector='OR'), name='mail_token_expires'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'notice'), ('used_at', None)), models.Q(('kind', 'notice'), _negated=True), _connector='OR'), name='notice_unused'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'notice'), _negated=True), models.Q(('event', ''), _negated=True), _connector='OR'), name='notice_of_something'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'summary'), _negated=True), models.Q(('text', ''), _negated=True), _connector='OR'), name='summary_not_empty')],
            },
        ),
        migrations.CreateModel(
            name='Mute',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('muted', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('muter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['muter', '-id'], name='mute_by_muter')],
                'constraints': [models.UniqueConstraint(fields=('muter', 'muted'), name='mute_once'), models.CheckConstraint(condition=models.Q(('muter', models.F('muted')), _negated=True), name='mute_not_oneself')],
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('followed', 'Followed'), ('follow_requested', 'Follow Requested'), ('request_accepted', 'Request Accepted'), ('liked', 'Liked'), ('commented', 'Commented'), ('replied', 'Replied'), ('comment_liked', 'Comment Liked'), ('mentioned', 'Mentioned'), ('comment_mentioned', 'Comment Mentioned'), ('asked', 'Asked'), ('ask_answered', 'Ask Answered'), ('grant_ended', 'Grant Ended'), ('draft_to_review', 'Draft To Review'), ('published_with_you', 'Published With You'), ('guardian_invited', 'Guardian Invited'), ('guardian_needed', 'Guardian Needed'), ('guardianship_ended', 'Guardianship Ended'), ('job_completed', 'Job Completed'), ('job_failed', 'Job Failed'), ('upload_ready', 'Upload Ready'), ('upload_failed', 'Upload Failed'), ('draft_failed', 'Draft Failed'), ('taken_down', 'Taken Down'), ('comment_removed', 'Comment Removed'), ('signed_in', 'Signed In')], max_length=20)),
                ('thing_id', models.UUIDField(null=True)),
                ('day', models.DateField()),
                ('position', models.UUIDField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('newest_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('read_at', models.DateTimeField(null=True)),
                ('removed_at', models.DateTimeField(null=True)),
                ('spread_at', models.DateTimeField(null=True)),
                ('recipient', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='notices', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['recipient', '-position'], name='notice_of_person'), models.Index(condition=models.Q(('read_at', None), ('removed_at', None)), fields=['recipient', '-position'], name='notice_unread'), models.Index(fields=['newest_at'], name='notice_by_age'), models.Index(condition=models.Q(('spread_at', None)), fields=['id'], name='notice_to_spread')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('removed_at', None)), fields=('recipient', 'kind', 'thing_id', 'day'), name='notice_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('newest_at__gte', models.F('created_at'))), name='notice_grows_later')],
            },
        ),
        migrations.CreateModel(
            name='NoticeActor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('actor', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('notice', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='actors', to='accounts.notice')),
            ],
            options={
                'indexes': [models.Index(fields=['notice', '-id'], name='notice_actor_newest')],
                'constraints': [models.UniqueConstraint(fields=('notice', 'actor'), name='notice_actor_once')],
            },
        ),
        migrations.CreateModel(
            name='NoticeChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('followed', 'Followed'), ('follow_requested', 'Follow Requested'), ('request_accepted', 'Request Accepted'), ('liked', 'Liked'), ('commented', 'Commented'), ('replied', 'Replied'), ('comment_liked', 'Comment Liked'), ('mentioned', 'Mentioned'), ('comment_mentioned', 'Comment Mentioned'), ('asked', 'Asked'), ('ask_answered', 'Ask Answered'), ('grant_ended', 'Grant Ended'), ('draft_to_review', 'Draft To Review'), ('published_with_you', 'Published With You'), ('guardian_invited', 'Guardian Invited'), ('guardian_needed', 'Guardian Needed'), ('guardianship_ended', 'Guardianship Ended'), ('job_completed', 'Job Completed'), ('job_failed', 'Job Failed'), ('upload_ready', 'Upload Ready'), ('upload_failed', 'Upload Failed'), ('draft_failed', 'Draft Failed'), ('taken_down', 'Taken Down'), ('comment_removed', 'Comment Removed'), ('signed_in', 'Signed In')], max_length=20)),
                ('channel', models.CharField(choices=[('in_app', 'In App'), ('push', 'Push'), ('mail', 'Mail')], max_length=6)),
                ('is_on', models.BooleanField()),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('person', 'kind', 'channel'), name='notice_choice_once')],
            },
        ),
        migrations.CreateModel(
            name='NumberCode',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('purpose', models.CharField(choices=[('enrolment', 'Enrolment'), ('absence', 'Absence')], max_length=9)),
                ('code_digest', models.BinaryField(max_length=32)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('expires_at', models.DateTimeField(db_index=True)),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('attempts__lte', 5)), name='code_attempts_bounded'), models.CheckConstraint(condition=models.Q(models.Q(('person__isnull', False), ('purpose', 'enrolment')), models.Q(('person__isnull', True), ('purpose', 'absence')), _connector='OR'), name='code_of_whom')],
            },
        ),
        migrations.CreateModel(
            name='Passkey',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('credential_id', models.BinaryField(max_length=1023, unique=True)),
                ('credential', models.BinaryField(max_length=4096)),
                ('name', models.CharField(max_length=60)),
                ('sign_count', models.PositiveBigIntegerField(default=0)),
                ('is_synced', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('last_used_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='passkeys', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['person', '-id'], name='passkey_of_person')],
                'constraints': [models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='passkey_named')],
            },
        ),
        migrations.CreateModel(
            name='ProtectedName',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('skeleton', models.CharField(max_length=120, unique=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='protected_names', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('skeleton', ''), _negated=True), name='protected_name_seen')],
            },
        ),
        migrations.CreateModel(
            name='PushDelivery',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('event', models.UUIDField()),
                ('state', models.CharField(choices=[('due', 'Due'), ('sent', 'Sent'), ('dropped', 'Dropped')], default='due', max_length=7)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('due_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('lease_until', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='accounts.notice')),
                ('subscription', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='accounts.pushsubscription')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'due')), fields=['due_at'], name='push_due')],
                'constraints': [models.UniqueConstraint(fields=('subscription', 'notice', 'event'), name='push_once'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'sent'), _negated=True), ('attempts__gt', 0), _connector='OR'), name='push_sent_was_tried')],
            },
        ),
        migrations.CreateModel(
            name='RecoveryCode',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('digest', models.BinaryField(max_length=32)),
                ('used_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recovery_codes', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('person', 'digest'), name='recovery_code_once')],
            },
        ),
        migrations.CreateModel(
            name='Session',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('token_digest', models.BinaryField(max_length=32, unique=True)),
                ('device', models.CharField(blank=True, max_length=80)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('last_seen_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('authenticated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('expires_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('created_at'))), name='session_expires_later')],
            },
        ),
        migrations.AddField(
            model_name='pushsubscription',
            name='session',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='push_subscription', to='accounts.session'),
        ),
        migrations.CreateModel(
            name='Summary',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ends_at', models.DateTimeField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['ends_at'], name='summary_by_age')],
                'constraints': [models.UniqueConstraint(fields=('person', 'ends_at'), name='summary_once')],
            },
        ),
        migrations.CreateModel(
            name='Suspension',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(max_length=1000)),
                ('began_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('until', models.DateTimeField()),
                ('lifted_at', models.DateTimeField(null=True)),
                ('moderator', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='suspensions', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['person', '-id'], name='suspension_of_person')],
                'constraints': [models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='suspension_says_why'), models.CheckConstraint(condition=models.Q(('until__gt', models.F('began_at'))), name='suspension_ends_later'), models.CheckConstraint(condition=models.Q(('person', models.F('moderator')), _negated=True), name='suspension_not_oneself')],
            },
        ),
        migrations.CreateModel(
            name='TransparencyRoot',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('size', models.PositiveIntegerField()),
                ('root_hash', models.BinaryField(max_length=32)),
                ('published_at', models.DateTimeField()),
                ('signature', models.BinaryField(max_length=64)),
                ('epoch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='accounts.discoveryepoch')),
            ],
            options={
                'indexes': [models.Index(fields=['epoch', '-id'], name='root_by_epoch')],
            },
        ),
        migrations.CreateModel(
            name='NoticePlan',
            fields=[
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('time_zone', models.CharField(blank=True, max_length=40)),
                ('quiet_hours', models.BooleanField(null=True)),
                ('quiet_from', models.TimeField()),
                ('quiet_until', models.TimeField()),
                ('summary', models.CharField(blank=True, choices=[('off', 'Off'), ('daily', 'Daily'), ('weekly', 'Weekly')], max_length=6)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('quiet_from', models.F('quiet_until')), _negated=True), name='quiet_hours_last')],
            },
        ),
        migrations.CreateModel(
            name='PersonName',
            fields=[
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('words', django.contrib.postgres.search.SearchVectorField()),
                ('trigrams', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['words'], name='person_name_words'), django.contrib.postgres.indexes.GinIndex(fields=['trigrams'], name='person_name_trigrams')],
            },
        ),
        migrations.CreateModel(
            name='Totp',
            fields=[
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='totp', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('secret', models.BinaryField(max_length=64)),
                ('last_step', models.BigIntegerField(default=0)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('confirmed_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('last_step__gte', 0)), name='totp_step_counted')],
            },
        ),
    ]
