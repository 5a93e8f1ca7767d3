from wagtail.admin.menu import MenuItem


class PermittedMenuItem(MenuItem):
    """A menu item for who holds `permission`; nobody else is offered it."""

    def __init__(self, *args, permission, **kwargs):
        super().__init__(*args, **kwargs)
        self.permission = permission

    def is_shown(self, request):
        return request.user.has_perm(self.permission)
