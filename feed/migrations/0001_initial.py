import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import socialvideo.lib.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '__first__'),
        ('worker', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Post',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('grants', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('lineage', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('caption', models.CharField(blank=True, max_length=500)),
                ('audience', models.CharField(choices=[('private', 'private'), ('close_friends', 'close_friends'), ('followers', 'followers'), ('public', 'public')], max_length=13)),
                ('comments_on', models.BooleanField(default=True)),
                ('may_remix', models.BooleanField(default=False)),
                ('may_stitch', models.BooleanField(default=False)),
                ('may_reuse_sound', models.BooleanField(default=False)),
                ('may_download', models.BooleanField(default=False)),
                ('version', models.PositiveIntegerField(default=1)),
                ('edited_at', models.DateTimeField(null=True)),
                ('published_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('removed_at', models.DateTimeField(null=True)),
                ('unlisted_at', models.DateTimeField(null=True)),
                ('author', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='posts', to=settings.AUTH_USER_MODEL)),
                ('sound', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='worker.video')),
                ('video', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='posts', to='worker.video')),
            ],
            options={
                'indexes': [models.Index(models.F('sound'), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('removed_at', None), ('unlisted_at', None)), name='post_by_sound'), models.Index(models.F('author'), models.OrderBy(models.Func(models.F('id'), function='uuid_send', output_field=models.BinaryField()), descending=True), condition=models.Q(('removed_at', None), ('unlisted_at', None)), include=('id',), name='post_by_author'), models.Index(condition=models.Q(('removed_at', None), ('unlisted_at', None), ('version__gt', 0)), fields=['-id'], include=('author',), name='post_newest')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('removed_at', None)), fields=('video',), name='post_once'), models.CheckConstraint(condition=models.Q(('audience__in', ['private', 'close_friends', 'followers', 'public'])), name='post_audience_known')],
            },
        ),
        migrations.CreateModel(
            name='Choice',
            fields=[
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('profiling', models.BooleanField(null=True)),
                ('ai_share', models.PositiveSmallIntegerField(db_default=100, default=100, validators=[django.core.validators.MaxValueValidator(100)])),
                ('mood', models.CharField(choices=[('any', 'Any'), ('calm', 'Calm'), ('laugh', 'Laugh'), ('learn', 'Learn'), ('energy', 'Energy'), ('make', 'Make')], db_default='any', default='any', max_length=6)),
                ('prompts', models.BooleanField(db_default=True, default=True)),
                ('budget_minutes', models.PositiveSmallIntegerField(null=True)),
                ('break_minutes', models.PositiveSmallIntegerField(null=True)),
                ('quiet_from', models.TimeField(null=True)),
                ('quiet_to', models.TimeField(null=True)),
                ('reset_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('ai_share__lte', 100)), name='choice_ai_share_of_hundred'), models.CheckConstraint(condition=models.Q(models.Q(('quiet_from', None), ('quiet_to', None)), models.Q(('quiet_from__isnull', False), ('quiet_to__isnull', False), models.Q(('quiet_from', models.F('quiet_to')), _negated=True)), _connector='OR'), name='choice_quiet_hours_last')],
            },
        ),
        migrations.CreateModel(
            name='Comment',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('text', models.CharField(max_length=1000)),
                ('likes', models.PositiveBigIntegerField(db_default=0, default=0)),
                ('replies', models.PositiveBigIntegerField(db_default=0, default=0)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('edited_at', models.DateTimeField(null=True)),
                ('removed_at', models.DateTimeField(null=True)),
                ('removed_by', models.CharField(blank=True, choices=[('writer', 'Writer'), ('author', 'Author'), ('moderator', 'Moderator')], max_length=9)),
                ('held_at', models.DateTimeField(null=True)),
                ('author', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='comments', to=settings.AUTH_USER_MODEL)),
                ('parent', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='feed.comment')),
                ('root', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='feed.comment')),
                ('post', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='comments', to='feed.post')),
            ],
            options={
                'indexes': [models.Index(models.F('post'), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('root', None)), name='comment_by_post'), models.Index(condition=models.Q(('root__isnull', False)), fields=['root', 'id'], name='comment_by_root'), models.Index(fields=['author', '-id'], name='comment_by_author'), models.Index(condition=models.Q(('held_at__isnull', False)), fields=['post', '-id'], name='comment_held'), models.Index(condition=models.Q(('removed_at__isnull', False), models.Q(('text', ''), _negated=True)), fields=['removed_at'], name='comment_removed')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('parent', None), ('root', None)), models.Q(('parent__isnull', False), ('root__isnull', False)), _connector='OR'), name='comment_reply_has_root'), models.CheckConstraint(condition=models.Q(models.Q(('removed_at', None), ('removed_by', '')), models.Q(('removed_at__isnull', False), ('removed_by__in', ['writer', 'author', 'moderator'])), _connector='OR'), name='comment_removed_by_somebody'), models.CheckConstraint(condition=models.Q(models.Q(('text', ''), _negated=True), ('removed_at__isnull', False), _connector='OR'), name='comment_says_something')],
            },
        ),
        migrations.CreateModel(
            name='CommentFilter',
            fields=[
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('words', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), default=list, size=None)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('words__len__lte', 200)), name='comment_filter_bounded')],
            },
        ),
        migrations.CreateModel(
            name='PostCount',
            fields=[
                ('post', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='counts', serialize=False, to='feed.post')),
                ('views', models.PositiveBigIntegerField(db_default=0, default=0)),
                ('watched_ms', models.PositiveBigIntegerField(db_default=0, default=0)),
                ('likes', models.PositiveBigIntegerField(db_default=0, default=0)),
                ('bookmarks', models.PositiveBigIntegerField(db_default=0, default=0)),
                ('shares', models.PositiveBigIntegerField(db_default=0, default=0)),
                ('comments', models.PositiveBigIntegerField(db_default=0, default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Mention',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('comment', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='mentions', to='feed.comment')),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('post', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='mentions', to='feed.post')),
            ],
            options={
                'indexes': [models.Index(fields=['person', '-id'], name='mention_by_person')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('comment', None)), fields=('post', 'person'), name='mention_once_in_post'), models.UniqueConstraint(condition=models.Q(('post', None)), fields=('comment', 'person'), name='mention_once_in_comment'), models.CheckConstraint(condition=models.Q(('post', None), ('comment', None), _connector='XOR'), name='mention_in_one')],
            },
        ),
        migrations.CreateModel(
            name='Like',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('post', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='feed.post')),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['person', '-id'], name='like_by_person')],
                'constraints': [models.UniqueConstraint(fields=('post', 'person'), name='like_once')],
            },
        ),
        migrations.CreateModel(
            name='Impression',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('request_id', models.UUIDField()),
                ('position', models.PositiveIntegerField()),
                ('sources', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), size=None)),
                ('propensity', models.FloatField()),
                ('model', models.CharField(blank=True, max_length=64)),
                ('rung', models.CharField(max_length=16)),
                ('features', models.BinaryField()),
                ('score', models.FloatField()),
                ('arm', models.CharField(blank=True, max_length=40)),
                ('served_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('post', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='feed.post')),
            ],
            options={
                'indexes': [models.Index(models.F('person'), models.OrderBy(models.F('id'), descending=True), name='impression_by_person'), models.Index(fields=['served_at'], name='impression_by_age')],
                'constraints': [models.UniqueConstraint(fields=('person', 'request_id', 'post'), name='impression_once'), models.UniqueConstraint(fields=('person', 'request_id', 'position'), name='impression_placed_once'), models.CheckConstraint(condition=models.Q(('propensity__gt', 0), ('propensity__lte', 1)), name='impression_propensity')],
            },
        ),
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('scheduled', 'Scheduled'), ('published', 'Published')], default='draft', max_length=9)),
                ('caption', models.CharField(blank=True, max_length=500)),
                ('audience', models.CharField(choices=[('private', 'private'), ('close_friends', 'close_friends'), ('followers', 'followers'), ('public', 'public')], max_length=13)),
                ('comments_on', models.BooleanField(default=True)),
                ('may_remix', models.BooleanField(null=True)),
                ('may_stitch', models.BooleanField(null=True)),
                ('may_reuse_sound', models.BooleanField(null=True)),
                ('may_download', models.BooleanField(null=True)),
                ('cover_ms', models.PositiveIntegerField(null=True)),
                ('publish_at', models.DateTimeField(null=True)),
                ('failure_code', models.CharField(blank=True, max_length=40)),
                ('failure_detail', models.CharField(blank=True, max_length=300)),
                ('version', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('ended_at', models.DateTimeField(null=True)),
                ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='drafts', to=settings.AUTH_USER_MODEL)),
                ('upload', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='drafts', to='worker.upload')),
                ('video', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='drafts', to='worker.video')),
                ('post', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='draft', to='feed.post')),
            ],
            options={
                'indexes': [models.Index(models.F('owner'), models.OrderBy(models.F('id'), descending=True), name='draft_by_owner'), models.Index(condition=models.Q(('state', 'scheduled')), fields=['publish_at'], name='draft_due'), models.Index(condition=models.Q(('state', 'published')), fields=['ended_at'], name='draft_over')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state', 'scheduled'), _negated=True), ('publish_at__isnull', False), _connector='OR'), name='draft_scheduled_has_time'), models.CheckConstraint(condition=models.Q(models.Q(('caption', ''), ('ended_at__isnull', False), ('post__isnull', False), ('state', 'published')), models.Q(models.Q(('state', 'published'), _negated=True), ('ended_at', None), ('post', None)), _connector='OR'), name='draft_published_has_post'), models.CheckConstraint(condition=models.Q(('audience__in', ['private', 'close_friends', 'followers', 'public'])), name='draft_audience_known'), models.CheckConstraint(condition=models.Q(('video', None), ('upload', None), _connector='OR'), name='draft_of_one_film')],
            },
        ),
        migrations.CreateModel(
            name='Bookmark',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('post', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='feed.post')),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['person', '-id'], name='bookmark_by_person')],
                'constraints': [models.UniqueConstraint(fields=('post', 'person'), name='bookmark_once')],
            },
        ),
        migrations.CreateModel(
            name='Beacon',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField()),
                ('viewing', models.UUIDField()),
                ('impression', models.UUIDField(default=None, null=True)),
                ('watched_ms', models.PositiveIntegerField()),
                ('plays', models.PositiveIntegerField()),
                ('position_ms', models.PositiveIntegerField()),
                ('ended', models.BooleanField()),
                ('at', models.DateTimeField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('folded_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('post', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='feed.post')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('folded_at', None)), fields=['id'], name='beacon_waits')],
                'constraints': [models.UniqueConstraint(fields=('viewing', 'key'), name='beacon_once')],
            },
        ),
        migrations.CreateModel(
            name='PostTag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tag', models.CharField(max_length=60)),
                ('post', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tags', to='feed.post')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tag', 'post'), name='post_tag_once'), models.CheckConstraint(condition=models.Q(('tag', ''), _negated=True), name='post_tag_says_something')],
            },
        ),
        migrations.CreateModel(
            name='RankingModel',
            fields=[
                ('hash', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('trained', 'Trained'), ('refreshed', 'Refreshed')], max_length=9)),
                ('parent', models.CharField(blank=True, max_length=64)),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('file', models.CharField(max_length=120)),
                ('words_file', models.CharField(max_length=120)),
                ('words_hash', models.CharField(max_length=64)),
                ('size_bytes', models.PositiveBigIntegerField()),
                ('figures', models.JSONField(default=dict)),
                ('active', models.BooleanField(default=False)),
            ],
            options={
                'indexes': [models.Index(fields=['-made_at'], name='ranking_model_by_age')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('active', True)), fields=('active',), name='ranking_model_one_active'), models.CheckConstraint(condition=models.Q(('hash__regex', '^[0-9a-f]{64}$')), name='ranking_model_hash')],
            },
        ),
        migrations.CreateModel(
            name='SearchTerm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('word', 'Word'), ('tag', 'Tag')], max_length=4)),
                ('term', models.CharField(max_length=60)),
                ('trigrams', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
            ],
            options={
                'indexes': [models.Index(fields=['term'], name='search_term_begins', opclasses=['varchar_pattern_ops']), django.contrib.postgres.indexes.GinIndex(fields=['trigrams'], name='search_term_trigrams')],
                'constraints': [models.UniqueConstraint(fields=('kind', 'term'), name='search_term_once'), models.CheckConstraint(condition=models.Q(('kind__in', ['word', 'tag'])), name='search_term_kind_known')],
            },
        ),
        migrations.CreateModel(
            name='Share',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('channel', models.CharField(choices=[('link', 'Link'), ('message', 'Message'), ('app', 'App'), ('embed', 'Embed')], max_length=7)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('post', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='feed.post')),
            ],
            options={
                'indexes': [models.Index(fields=['person', '-id'], name='share_by_person')],
                'constraints': [models.UniqueConstraint(fields=('post', 'person', 'channel'), name='share_once'), models.CheckConstraint(condition=models.Q(('channel__in', ['link', 'message', 'app', 'embed'])), name='share_channel')],
            },
        ),
        migrations.CreateModel(
            name='Sitting',
            fields=[
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('day', models.DateField()),
                ('spent_s', models.PositiveIntegerField(default=0)),
                ('began_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('began_at__lte', models.F('last_at'))), name='sitting_begins_first')],
            },
        ),
        migrations.CreateModel(
            name='Steer',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('said', models.CharField(max_length=300)),
                ('term', models.CharField(max_length=100)),
                ('sign', models.SmallIntegerField()),
                ('strength', models.PositiveSmallIntegerField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('expires_at', models.DateTimeField()),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['person', '-id'], name='steer_by_person')],
                'constraints': [models.UniqueConstraint(fields=('person', 'term'), name='steer_once'), models.CheckConstraint(condition=models.Q(('sign__in', [-1, 1]), ('strength__in', [1, 2, 3])), name='steer_known')],
            },
        ),
        migrations.CreateModel(
            name='Trend',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('made_at', models.DateTimeField()),
                ('place', models.PositiveSmallIntegerField()),
                ('score', models.FloatField()),
                ('post', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='trends', to='feed.post')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('made_at', 'post'), name='trend_once'), models.UniqueConstraint(fields=('made_at', 'place'), name='trend_place_once'), models.CheckConstraint(condition=models.Q(('score__gt', 0)), name='trend_scores')],
            },
        ),
        migrations.CreateModel(
            name='TrendReview',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('verdict', models.CharField(choices=[('cleared', 'Cleared'), ('held', 'Held')], max_length=7)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('moderator', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('post', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='trend_review', to='feed.post')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('verdict__in', ['cleared', 'held'])), name='trend_review_verdict_known')],
            },
        ),
        migrations.CreateModel(
            name='View',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('last_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('plays', models.PositiveIntegerField(default=0)),
                ('watched_ms', models.PositiveBigIntegerField(default=0)),
                ('furthest', models.FloatField(default=0)),
                ('is_long', models.BooleanField(default=False)),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('post', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='feed.post')),
            ],
            options={
                'indexes': [models.Index(fields=['person', '-last_at', '-id'], name='view_by_person')],
                'constraints': [models.UniqueConstraint(fields=('person', 'post'), name='view_once'), models.CheckConstraint(condition=models.Q(('furthest__gte', 0), ('furthest__lte', 1)), name='view_within_film'), models.CheckConstraint(condition=models.Q(('last_at__gte', models.F('first_at'))), name='view_lasts_forward')],
            },
        ),
        migrations.CreateModel(
            name='WardLimit',
            fields=[
                ('guardianship', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='accounts.guardianship')),
                ('ai_share', models.PositiveSmallIntegerField(null=True)),
                ('budget_minutes', models.PositiveSmallIntegerField(null=True)),
                ('break_minutes', models.PositiveSmallIntegerField(null=True)),
                ('quiet_from', models.TimeField(null=True)),
                ('quiet_to', models.TimeField(null=True)),
                ('set_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('ai_share__lte', 100)), name='ward_limit_ai_share_of_hundred'), models.CheckConstraint(condition=models.Q(models.Q(('quiet_from', None), ('quiet_to', None)), models.Q(('quiet_from__gt', models.F('quiet_to')), ('quiet_from__isnull', False), ('quiet_to__isnull', False)), _connector='OR'), name='ward_limit_quiet_over_midnight')],
            },
        ),
        migrations.CreateModel(
            name='CommentLike',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('comment', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='feed.comment')),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['person', '-id'], name='comment_like_by_person')],
                'constraints': [models.UniqueConstraint(fields=('comment', 'person'), name='comment_like_once')],
            },
        ),
        migrations.CreateModel(
            name='Hidden',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('post', 'Post'), ('author', 'Author'), ('tag', 'Tag'), ('sound', 'Sound')], max_length=6)),
                ('thing', models.CharField(max_length=60)),
                ('strength', models.CharField(choices=[('hide', 'Hide'), ('less', 'Less')], max_length=4)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'hidden',
                'indexes': [models.Index(fields=['person', '-id'], name='hidden_by_person')],
                'constraints': [models.UniqueConstraint(fields=('person', 'kind', 'thing'), name='hidden_once'), models.CheckConstraint(condition=models.Q(('kind__in', ['post', 'author', 'tag', 'sound']), ('strength__in', ['hide', 'less'])), name='hidden_known')],
            },
        ),
        migrations.CreateModel(
            name='PostText',
            fields=[
                ('post', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='feed.post')),
                ('words', django.contrib.postgres.search.SearchVectorField()),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['words'], name='post_text_words')],
            },
        ),
    ]
