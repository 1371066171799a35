import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import socialvideo.lib.ids
import worker.rules
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '__first__'),
        ('consent', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Video',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('lineage', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('origin', models.CharField(choices=[('generated', 'generated'), ('uploaded', 'uploaded'), ('composed', 'composed')], default=worker.rules.Origin['GENERATED'], max_length=10)),
                ('depiction_count', models.PositiveSmallIntegerField()),
                ('screening', models.CharField(choices=[('clear', 'clear'), ('pending', 'pending'), ('held', 'held'), ('refused', 'refused')], default=worker.rules.Screening['CLEAR'], max_length=10)),
                ('file', models.CharField(max_length=80)),
                ('poster', models.CharField(max_length=80)),
                ('cover_ms', models.PositiveIntegerField(null=True)),
                ('stray', models.CharField(blank=True, max_length=80)),
                ('preview', models.CharField(blank=True, max_length=80)),
                ('sprite', models.CharField(blank=True, max_length=80)),
                ('sprite_grid', models.JSONField(default=dict)),
                ('blurhash', models.CharField(blank=True, max_length=60)),
                ('content_digest', models.BinaryField(max_length=32)),
                ('size_bytes', models.PositiveBigIntegerField()),
                ('width', models.PositiveIntegerField()),
                ('height', models.PositiveIntegerField()),
                ('fps', models.PositiveIntegerField()),
                ('duration_ms', models.PositiveIntegerField()),
                ('engine', models.CharField(blank=True, max_length=20)),
                ('is_preview', models.BooleanField(default=False)),
                ('prompt', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('purged_at', models.DateTimeField(null=True)),
                ('taken_down_at', models.DateTimeField(null=True)),
                ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='videos', to=settings.AUTH_USER_MODEL)),
                ('permit', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='video', to='consent.permit')),
                ('remix_of', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='remixes', to='worker.video')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('purged_at', None)), fields=['owner', '-id'], name='video_by_owner'), django.contrib.postgres.indexes.GinIndex(fields=['lineage'], name='video_by_lineage'), models.Index(condition=models.Q(models.Q(('cover_ms', None), _negated=True), models.Q(('stray', ''), _negated=True), _connector='OR'), fields=['id'], name='video_cover_waits')],
                'constraints': [models.CheckConstraint(condition=models.Q(('duration_ms__gt', 0), ('size_bytes__gt', 0)), name='video_not_empty'), models.CheckConstraint(condition=models.Q(('lineage__contains', [models.F('id')]), models.Q(('remix_of', None), ('lineage__contains', [models.F('remix_of')]), _connector='OR')), name='video_lineage_whole'), models.CheckConstraint(condition=models.Q(('origin', 'uploaded'), ('permit__isnull', False), _connector='XOR'), name='video_permitted'), models.CheckConstraint(condition=models.Q(models.Q(('origin', 'generated'), _negated=True), ('depiction_count__gt', 0), _connector='OR'), name='video_generated_of_somebody')],
            },
        ),
        migrations.CreateModel(
            name='Ladder',
            fields=[
                ('video', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='ladder', serialize=False, to='worker.video')),
                ('source', models.CharField(max_length=80)),
                ('status', models.CharField(choices=[('queued', 'queued'), ('in_progress', 'in_progress'), ('done', 'done'), ('failed', 'failed')], default=worker.rules.LadderStatus['QUEUED'], max_length=12)),
                ('progress', models.PositiveSmallIntegerField(default=0)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('fence', models.PositiveIntegerField(default=0)),
                ('lease_until', models.DateTimeField(null=True)),
                ('failure_code', models.CharField(blank=True, max_length=40)),
                ('sent_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('status__in', ['queued', 'in_progress'])), fields=['status', 'sent_at'], name='ladder_open')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('status', 'failed'), _negated=True), models.Q(('failure_code', ''), _negated=True), _connector='OR'), name='ladder_failed_says_why'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'in_progress'), _negated=True), ('lease_until__isnull', False), _connector='OR'), name='ladder_running_has_lease')],
            },
        ),
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('spec', models.JSONField()),
                ('status', models.CharField(choices=[('queued', 'queued'), ('in_progress', 'in_progress'), ('awaiting_review', 'awaiting_review'), ('completed', 'completed'), ('refused', 'refused'), ('failed', 'failed'), ('cancelled_consent', 'cancelled_consent')], default=worker.rules.Status['QUEUED'], max_length=20)),
                ('progress', models.PositiveSmallIntegerField(default=0)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('fence', models.PositiveIntegerField(default=0)),
                ('lease_until', models.DateTimeField(null=True)),
                ('failure_code', models.CharField(blank=True, max_length=40)),
                ('failure_detail', models.CharField(blank=True, max_length=300)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('sent_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('ended_at', models.DateTimeField(null=True)),
                ('permit', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='job', to='consent.permit')),
                ('requester', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='jobs', to=settings.AUTH_USER_MODEL)),
                ('video', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='job', to='worker.video')),
            ],
            options={
                'indexes': [models.Index(fields=['requester', '-id'], name='job_by_requester'), models.Index(condition=models.Q(('status__in', ['queued', 'in_progress', 'awaiting_review'])), fields=['status', 'sent_at'], name='job_open')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('progress', 100), ('status__in', ['awaiting_review', 'completed', 'refused']), ('video__isnull', False)), models.Q(models.Q(('status__in', ['awaiting_review', 'completed', 'refused']), _negated=True), ('progress__lt', 100), ('video', None)), _connector='OR'), name='job_made_has_video'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'failed'), _negated=True), models.Q(('failure_code', ''), _negated=True), _connector='OR'), name='job_failed_says_why'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'in_progress'), _negated=True), ('lease_until__isnull', False), _connector='OR'), name='job_running_has_lease'), models.CheckConstraint(condition=models.Q(('fence__gte', models.F('attempts'))), name='job_fence_counts_attempts')],
            },
        ),
        migrations.CreateModel(
            name='Depiction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('epoch', models.PositiveIntegerField()),
                ('grant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='depictions', to='consent.grant')),
                ('subject', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='depictions', to=settings.AUTH_USER_MODEL)),
                ('video', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='depictions', to='worker.video')),
            ],
            options={
                'indexes': [models.Index(fields=['subject', 'video'], name='depiction_by_subject')],
                'constraints': [models.UniqueConstraint(fields=('video', 'grant'), name='depiction_once')],
            },
        ),
        migrations.CreateModel(
            name='Rendition',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('mp4', 'Mp4'), ('hls', 'Hls')], max_length=3)),
                ('rung', models.PositiveSmallIntegerField()),
                ('width', models.PositiveSmallIntegerField()),
                ('height', models.PositiveSmallIntegerField()),
                ('bandwidth', models.PositiveIntegerField()),
                ('codecs', models.CharField(max_length=60)),
                ('file', models.CharField(max_length=80)),
                ('size_bytes', models.PositiveBigIntegerField()),
                ('digest', models.BinaryField(max_length=32)),
                ('segments', models.JSONField(default=list)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('video', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='renditions', to='worker.video')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('video', 'kind', 'rung'), name='rendition_once'), models.CheckConstraint(condition=models.Q(('bandwidth__gt', 0), ('size_bytes__gt', 0)), name='rendition_not_empty')],
            },
        ),
        migrations.CreateModel(
            name='Source',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('role', models.CharField(choices=[('original', 'original'), ('second', 'second'), ('sound', 'sound')], max_length=8)),
                ('place', models.PositiveSmallIntegerField()),
                ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='works', to='worker.video')),
                ('video', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='sources', to='worker.video')),
            ],
            options={
                'ordering': ['place'],
                'indexes': [models.Index(fields=['source', 'video'], name='source_by_source')],
                'constraints': [models.UniqueConstraint(fields=('video', 'place'), name='source_once'), models.CheckConstraint(condition=models.Q(('video', models.F('source')), _negated=True), name='source_is_another')],
            },
        ),
        migrations.CreateModel(
            name='Subtitles',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('language', models.CharField(max_length=35)),
                ('label', models.CharField(blank=True, max_length=60)),
                ('text', models.TextField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('video', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='subtitles', to='worker.video')),
            ],
            options={
                'verbose_name_plural': 'subtitles',
                'constraints': [models.UniqueConstraint(fields=('video', 'language'), name='subtitles_once')],
            },
        ),
        migrations.CreateModel(
            name='Upload',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('status', models.CharField(choices=[('receiving', 'receiving'), ('processing', 'processing'), ('ready', 'ready'), ('rejected', 'rejected'), ('failed', 'failed'), ('expired', 'expired'), ('cancelled', 'cancelled')], default=worker.rules.UploadStatus['RECEIVING'], max_length=12)),
                ('name', models.CharField(blank=True, max_length=120)),
                ('media_type', models.CharField(max_length=60)),
                ('size_bytes', models.PositiveBigIntegerField()),
                ('received', models.PositiveBigIntegerField(default=0)),
                ('digest', models.BinaryField(max_length=32)),
                ('file', models.CharField(blank=True, max_length=80)),
                ('multipart', models.CharField(blank=True, max_length=300)),
                ('progress', models.PositiveSmallIntegerField(default=0)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('fence', models.PositiveIntegerField(default=0)),
                ('lease_until', models.DateTimeField(null=True)),
                ('failure_code', models.CharField(blank=True, max_length=40)),
                ('failure_detail', models.CharField(blank=True, max_length=300)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('touched_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('ended_at', models.DateTimeField(null=True)),
                ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='uploads', to=settings.AUTH_USER_MODEL)),
                ('video', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='upload', to='worker.video')),
            ],
            options={
                'indexes': [models.Index(models.F('owner'), models.OrderBy(models.F('id'), descending=True), name='upload_by_owner'), models.Index(condition=models.Q(('status__in', ['receiving', 'processing'])), fields=['status', 'touched_at'], name='upload_open'), models.Index(condition=models.Q(('ended_at__isnull', False), models.Q(('file', ''), _negated=True)), fields=['ended_at'], name='upload_with_bytes')],
                'constraints': [models.CheckConstraint(condition=models.Q(('received__lte', models.F('size_bytes')), ('size_bytes__gt', 0)), name='upload_in_size'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'ready'), _negated=True), ('video__isnull', False), _connector='OR'), name='upload_ready'), models.CheckConstraint(condition=models.Q(('status__in', ['receiving', 'processing']), ('ended_at__isnull', False), _connector='XOR'), name='upload_ends'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'processing'), _negated=True), ('received', models.F('size_bytes')), _connector='OR'), name='upload_processing_is_whole'), models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['rejected', 'failed']), _negated=True), models.Q(('failure_code', ''), _negated=True), _connector='OR'), name='upload_ended_says_why')],
            },
        ),
        migrations.CreateModel(
            name='Unsealed',
            fields=[
                ('name', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('job', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='unsealed', to='worker.job')),
                ('upload', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='unsealed', to='worker.upload')),
                ('ladder', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='unsealed', to='worker.ladder')),
            ],
            options={
                'verbose_name_plural': 'unsealed',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('job__isnull', False), ('ladder', None), ('upload', None)), models.Q(('job', None), ('ladder', None), ('upload__isnull', False)), models.Q(('job', None), ('ladder__isnull', False), ('upload', None)), _connector='OR'), name='unsealed_of_one_run')],
            },
        ),
    ]
