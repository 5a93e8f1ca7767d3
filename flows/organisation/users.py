"""Staff accounts in the admin: Wagtail's user screens, with department and store, in our words."""

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column
from wagtail.users.forms import UserCreationForm, UserEditForm
from wagtail.users.views.users import IndexView, UserFilterSet, UserViewSet

from flows.organisation.roles import ROLES, roles_to_choose

# What rules ask when they give a ticket to someone.
WORK = {"department", "store", "skills", "shift", "capacity"}


def role_in_words(group) -> str:
    return gettext(group.name) if group.name in ROLES else group.name


class RolesField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, group):
        return role_in_words(group)


class StaffFormMixin(forms.Form):
    """A name is one field: Chinese names are not split in two by a form."""

    first_name = forms.CharField(label=pgettext_lazy("of a person", "Name"), max_length=150)
    last_name = forms.CharField(required=False, widget=forms.HiddenInput)
    email = forms.EmailField(label=_("Email"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["skills"].widget = forms.CheckboxSelectMultiple(choices=self.fields["skills"].choices)
        self.fields["groups"] = RolesField(
            roles_to_choose(),
            label=_("Roles"),
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )


class StaffCreationForm(StaffFormMixin, UserCreationForm):
    class Meta(UserCreationForm.Meta):
        fields = UserCreationForm.Meta.fields | WORK


class StaffEditForm(StaffFormMixin, UserEditForm):
    class Meta(UserEditForm.Meta):
        fields = UserEditForm.Meta.fields | WORK


class StaffFilterSet(UserFilterSet):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        roles = self.filters["group"]
        roles.label = _("Roles")
        roles.field.queryset = roles_to_choose()
        roles.field.label_from_instance = role_in_words


class StaffIndexView(IndexView):
    page_title = _("Staff")
    add_item_label = _("Add a member of staff")

    @property
    def columns(self):
        columns = super().columns
        return [
            *columns[:2],
            *map(on_wide_screens, columns[2:3]),
            Column("roles", label=_("Roles"), accessor=roles_in_words),
            Column("department", label=_("Department"), sort_key="department__name", classname="wide-only"),
            Column("store", label=_("Store"), sort_key="store__name", classname="wide-only"),
            *map(on_wide_screens, columns[4:]),
        ]

    def get_base_queryset(self):
        return super().get_base_queryset().select_related("department", "store").prefetch_related("groups")


def on_wide_screens(column):
    column.classname = f"{column.classname or ''} wide-only"
    return column


def roles_in_words(user) -> str:
    names = [role_in_words(group) for group in user.groups.all()]
    return gettext(", ").join([gettext("Administrator"), *names] if user.is_superuser else names)


class StaffViewSet(UserViewSet):
    index_view_class = StaffIndexView
    filterset_class = StaffFilterSet
    menu_label = _("Staff")
    menu_hook = "register_organisation_menu_item"
    template_prefix = "organisation/users/"
    index_template_name = "wagtailusers/users/index.html"
    index_results_template_name = "wagtailusers/users/index_results.html"
    delete_template_name = "wagtailusers/users/confirm_delete.html"

    def get_form_class(self, for_update=False):
        return StaffEditForm if for_update else StaffCreationForm
