import consent.models
import consent.rules
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import socialvideo.lib.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='Grant',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('purposes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), size=None)),
                ('audience', models.CharField(choices=[('private', 'private'), ('close_friends', 'close_friends'), ('followers', 'followers'), ('public', 'public')], max_length=13)),
                ('modalities', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=10), default=consent.models._face, size=None)),
                ('denied_categories', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), default=consent.models._denied, size=None)),
                ('text_rules', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), default=list, size=None)),
                ('words_salt', models.BinaryField(default=consent.models._salt, max_length=16, null=True)),
                ('review', models.BooleanField(default=False)),
                ('closed_at', models.DateTimeField(null=True)),
                ('affirmed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('may_remix', models.BooleanField(default=False)),
                ('may_stitch', models.BooleanField(default=False)),
                ('may_download', models.BooleanField(default=False)),
                ('not_before', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('expires_at', models.DateTimeField()),
                ('uses', models.PositiveIntegerField(default=0)),
                ('max_uses', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('given', 'given'), ('withdrawn', 'withdrawn'), ('revoked', 'revoked'), ('expired', 'expired'), ('invalidated', 'invalidated')], default=consent.rules.State['GIVEN'], max_length=12)),
                ('epoch', models.PositiveIntegerField(default=1)),
                ('version', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('ended_at', models.DateTimeField(null=True)),
                ('group', models.CharField(blank=True, choices=[('chosen', 'chosen'), ('mutuals', 'mutuals'), ('everyone', 'everyone')], default='', max_length=10)),
                ('grantee', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='grants_received', to=settings.AUTH_USER_MODEL)),
                ('rests_on', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='derived', to='consent.grant')),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grants_given', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['grantee', '-id'], name='grant_by_grantee'), models.Index(fields=['subject', '-id'], name='grant_by_subject'), models.Index(condition=models.Q(('state', 'given')), fields=['expires_at'], name='grant_to_expire')],
                'constraints': [models.CheckConstraint(condition=models.Q(('uses__lte', models.F('max_uses'))), name='grant_uses_counted'), models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('not_before'))), name='grant_expires_later'), models.CheckConstraint(condition=models.Q(('epoch__gte', 1)), name='grant_epoch_positive'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('state', 'given')), models.Q(models.Q(('state', 'given'), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='grant_ended'), models.CheckConstraint(condition=models.Q(('state__in', ['given', 'withdrawn', 'revoked', 'expired', 'invalidated'])), name='grant_state_known'), models.CheckConstraint(condition=models.Q(('audience__in', ['private', 'close_friends', 'followers', 'public'])), name='grant_audience_known'), models.UniqueConstraint(condition=models.Q(('closed_at', None), ('group', ''), ('rests_on', None), ('state', 'given')), fields=('subject', 'grantee'), name='grant_one_standing'), models.UniqueConstraint(condition=models.Q(('closed_at', None), ('state', 'given'), models.Q(('group', ''), _negated=True)), fields=('subject', 'group'), name='grant_one_standing_group'), models.UniqueConstraint(condition=models.Q(('closed_at', None), ('rests_on__isnull', False), ('state', 'given')), fields=('rests_on', 'grantee'), name='grant_one_standing_derived'), models.CheckConstraint(condition=models.Q(models.Q(('grantee__isnull', False), ('group', '')), models.Q(models.Q(('group', ''), _negated=True), ('grantee', None), ('rests_on', None)), _connector='OR'), name='grant_to_a_person_or_a_group'), models.CheckConstraint(condition=models.Q(('group__in', ['', 'chosen', 'mutuals', 'everyone'])), name='grant_group_known'), models.CheckConstraint(condition=models.Q(models.Q(('group', 'everyone'), _negated=True), ('review', True), _connector='OR'), name='grant_to_everyone_is_reviewed')],
            },
        ),
        migrations.CreateModel(
            name='Choice',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('chosen', 'Chosen'), ('excepted', 'Excepted')], max_length=10)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='choices', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('subject', 'person'), name='choice_once'), models.CheckConstraint(condition=models.Q(('subject', models.F('person')), _negated=True), name='choice_not_oneself'), models.CheckConstraint(condition=models.Q(('kind__in', ['chosen', 'excepted'])), name='choice_kind_known')],
            },
        ),
        migrations.CreateModel(
            name='LedgerHead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('size', models.BigIntegerField(default=0)),
                ('frontier', django.contrib.postgres.fields.ArrayField(base_field=models.BinaryField(max_length=32), default=list, size=None)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='ledger_one_head'), models.CheckConstraint(condition=models.Q(('size__gte', 0)), name='ledger_size_from_zero')],
            },
        ),
        migrations.CreateModel(
            name='LedgerLeaf',
            fields=[
                ('index', models.BigIntegerField(primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=20)),
                ('body', models.BinaryField()),
                ('leaf_hash', models.BinaryField(max_length=32)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'verbose_name_plural': 'ledger leaves',
                'constraints': [models.CheckConstraint(condition=models.Q(('index__gte', 0)), name='leaf_index_from_zero')],
            },
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('point', models.CharField(max_length=10)),
                ('verdict', models.CharField(max_length=8)),
                ('reason', models.CharField(blank=True, max_length=20)),
                ('epoch', models.PositiveIntegerField(null=True)),
                ('job_id', models.UUIDField(null=True)),
                ('video_id', models.UUIDField(null=True)),
                ('purpose', models.CharField(blank=True, max_length=20)),
                ('audience', models.CharField(blank=True, max_length=13)),
                ('requester', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions_for', to=settings.AUTH_USER_MODEL)),
                ('subject', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='decisions_about', to=settings.AUTH_USER_MODEL)),
                ('grant', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='consent.grant')),
                ('leaf', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='decision', to='consent.ledgerleaf')),
            ],
            options={
                'indexes': [models.Index(fields=['subject', '-id'], name='decision_by_subject')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('grant__isnull', False), ('reason', ''), ('verdict', 'allowed')), models.Q(('verdict', 'denied'), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='decision_has_its_ground'), models.CheckConstraint(condition=models.Q(('subject__isnull', False), models.Q(('reason', 'no_grant'), ('verdict', 'denied')), _connector='OR'), name='decision_has_its_subject')],
            },
        ),
        migrations.CreateModel(
            name='Likeness',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('file', models.CharField(max_length=80)),
                ('key', models.BinaryField(max_length=32, null=True)),
                ('photo_digest', models.BinaryField(max_length=32, null=True)),
                ('width', models.PositiveIntegerField()),
                ('height', models.PositiveIntegerField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('erased_at', models.DateTimeField(null=True)),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='likenesses', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'likenesses',
                'constraints': [models.UniqueConstraint(condition=models.Q(('erased_at', None)), fields=('subject',), name='likeness_one_active'), models.CheckConstraint(condition=models.Q(models.Q(('erased_at', None), ('key__isnull', False), ('photo_digest__isnull', False)), models.Q(('erased_at__isnull', False), ('key', None), ('photo_digest', None)), _connector='OR'), name='likeness_erased_has_no_key')],
            },
        ),
        migrations.CreateModel(
            name='Permit',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('job_id', models.UUIDField()),
                ('digest', models.BinaryField(max_length=32)),
                ('lineage', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('subject_count', models.PositiveSmallIntegerField()),
                ('uses_photos', models.BooleanField(default=True)),
                ('state', models.CharField(choices=[('issued', 'Issued'), ('redeemed', 'Redeemed'), ('spent', 'Spent'), ('void', 'Void')], default='issued', max_length=10)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('expires_at', models.DateTimeField()),
                ('requester', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='permits', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('created_at'))), name='permit_expires_later'), models.CheckConstraint(condition=models.Q(('subject_count__gt', 0), ('lineage__len__gt', 0), _connector='OR'), name='permit_of_somebody_or_something'), models.CheckConstraint(condition=models.Q(('uses_photos', True), ('lineage__len__gt', 0), _connector='OR'), name='permit_draws_or_cuts')],
            },
        ),
        migrations.CreateModel(
            name='PermitSubject',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('epoch', models.PositiveIntegerField()),
                ('place', models.PositiveSmallIntegerField()),
                ('grant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='permits', to='consent.grant')),
                ('likeness', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='consent.likeness')),
                ('permit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='subjects', to='consent.permit')),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['place'],
                'constraints': [models.UniqueConstraint(fields=('permit', 'grant'), name='permit_grant_once')],
            },
        ),
        migrations.CreateModel(
            name='Veto',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('video_id', models.UUIDField()),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='vetoes', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'vetoes',
                'constraints': [models.UniqueConstraint(fields=('video_id', 'subject'), name='veto_once')],
            },
        ),
        migrations.CreateModel(
            name='Withdrawal',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('scope', models.CharField(max_length=10)),
                ('mode', models.CharField(default='unpublish', max_length=10)),
                ('at', models.DateTimeField()),
                ('receipt', models.JSONField()),
                ('leaf', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='withdrawal', to='consent.ledgerleaf')),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='withdrawals', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('scope__in', ['grant', 'grantee', 'video', 'everything'])), name='withdrawal_scope_known')],
            },
        ),
        migrations.CreateModel(
            name='Acceptance',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('video_id', models.UUIDField()),
                ('digest', models.BinaryField(max_length=32)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='acceptances', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('video_id', 'subject', 'digest'), name='acceptance_once')],
            },
        ),
        migrations.CreateModel(
            name='Ask',
            fields=[
                ('id', models.UUIDField(default=socialvideo.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('purposes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), size=None)),
                ('audience', models.CharField(choices=[('private', 'private'), ('close_friends', 'close_friends'), ('followers', 'followers'), ('public', 'public')], max_length=13)),
                ('message', models.CharField(blank=True, max_length=300)),
                ('state', models.CharField(choices=[('requested', 'Requested'), ('deferred', 'Deferred'), ('refused', 'Refused'), ('given', 'Given')], default='requested', max_length=10)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('answered_at', models.DateTimeField(null=True)),
                ('requester', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='asks_made', to=settings.AUTH_USER_MODEL)),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='asks_received', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['requested', 'deferred'])), fields=('requester', 'subject'), name='ask_one_open'), models.CheckConstraint(condition=models.Q(('requester', models.F('subject')), _negated=True), name='ask_not_oneself'), models.CheckConstraint(condition=models.Q(models.Q(('answered_at', None), ('state', 'requested')), models.Q(('state', 'requested'), _negated=True), _connector='OR'), name='ask_answered')],
            },
        ),
        migrations.AddField(
            model_name='grant',
            name='cosigned_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='grant',
            name='guardian',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='likeness',
            name='cosigned_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='likeness',
            name='guardian',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='grant',
            constraint=models.CheckConstraint(condition=models.Q(('cosigned_at', None), ('guardian__isnull', False), _connector='OR'), name='grant_cosigned_by_a_guardian'),
        ),
        migrations.AddConstraint(
            model_name='likeness',
            constraint=models.CheckConstraint(condition=models.Q(('cosigned_at', None), ('guardian__isnull', False), _connector='OR'), name='likeness_cosigned_by_a_guardian'),
        ),
    ]
