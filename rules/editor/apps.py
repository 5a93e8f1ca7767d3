from django.apps import AppConfig


class EditorConfig(AppConfig):
    name = "rules.editor"
    label = "rules_editor"

    def ready(self):
        from wagtail.admin.forms.models import register_form_field_override

        from rules.editor.widgets import ActionsWidget, ConditionWidget, FormulaWidget, TableWidget
        from rules.store.fields import ActionsField, ConditionField, FormulaField
        from rules.store.models.table import TableField

        widgets = (
            (ConditionField, ConditionWidget),
            (ActionsField, ActionsWidget),
            (TableField, TableWidget),
        )
        for field, widget in widgets:
            register_form_field_override(
                field,
                override=lambda db_field, widget=widget: {"widget": widget(vocabulary=db_field.vocabulary)},
                exact_class=True,
            )
        register_form_field_override(
            FormulaField,
            override=lambda db_field: {
                "widget": FormulaWidget(vocabulary=db_field.vocabulary, compact=db_field.compact)
            },
            exact_class=True,
        )
