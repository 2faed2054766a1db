from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sites', '0006_audit_chain'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='hospital',
            options={'default_permissions': (), 'permissions': [('enter_cases', 'enter and correct cases of the hospital'), ('import_cases', 'upload files of cases of the hospital'), ('import_across', 'upload one file that spans hospitals'), ('read_cases', 'read every case of the hospital'), ('read_own_cases', 'read the cases they operated on'), ('amend_cases', 'approve a change to a case of a closed period'), ('read_standing', "see the hospital's standing among blinded peers"), ('read_own_standing', 'see their own results as a surgeon'), ('read_blinded', "see comparisons without any hospital's identity"), ('identify', 'enter identified mode, with a reason, for thirty minutes'), ('read_quality', 'see the quality of the data'), ('define', 'publish dictionaries and measures'), ('run_audits', 'give notice of audits, draw their samples and settle what differs; keep training'), ('reabstract', 'read assigned charts again, blind to the first reading'), ('train', 'practise on invented cases'), ('close_periods', 'close reporting periods'), ('run_comparisons', 'run comparisons and review them'), ('publish_comparisons', 'publish comparisons to the hospitals'), ('prepare_releases', 'prepare an aggregate for release to the payer'), ('check_releases', 'check a release that somebody else prepared'), ('manage_people', 'see the people of the hospital and their roles'), ('enrol_hospitals', 'enrol hospitals and grant roles'), ('use_api', "create tokens for the hospital's computers"), ('read_trail', 'read who did or saw what'), ('read_catalogue', 'read the measures and dictionaries')]},
        ),
        migrations.AddField(
            model_name='hospital',
            name='trains_first',
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name='membership',
            name='role',
            field=models.CharField(choices=[('TRAINEE', 'trainee'), ('ABSTRACTOR', 'abstractor'), ('SURGEON', 'surgeon'), ('SITE_LEAD', 'site lead'), ('REABSTRACTOR', 're-abstractor'), ('CENTRE_STAFF', 'centre staff'), ('CENTRE_ANALYST', 'centre analyst'), ('CENTRE_LEAD', 'centre lead')], max_length=24),
        ),
    ]
