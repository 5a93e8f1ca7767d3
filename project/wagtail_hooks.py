from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from project.home import StartPanel, WaitingPanel
from rules.editor.replays import ReplayPanel


@hooks.register("insert_global_admin_css")
def admin_css():
    return format_html('<link rel="stylesheet" href="{}">', static("tangram/admin.css"))


@hooks.register("insert_global_admin_js")
def admin_js():
    return format_html('<script type="module" src="{}"></script>', static("tangram/admin.js"))


@hooks.register("construct_homepage_panels")
def show_what_waits(request, panels):
    panels[:] = [WaitingPanel(request), ReplayPanel(), StartPanel(request)]


@hooks.register("construct_homepage_summary_items")
def no_page_counts(request, summary_items):
    summary_items.clear()


# This product speaks of rules and tickets, not of pages and pictures.
NOT_IN_MENU = {"explorer", "images", "documents", "snippets", "reports", "help"}


@hooks.register("construct_main_menu")
def speak_of_the_product(request, menu_items):
    menu_items[:] = [item for item in menu_items if item.name not in NOT_IN_MENU]


@hooks.register("register_admin_menu_item")
def desk_menu_item():
    return MenuItem(_("Desk"), reverse_lazy("desk:home"), name="desk", icon_name="desktop", order=100)


NOT_IN_SETTINGS = {"groups", "workflows", "workflow-tasks", "collections", "redirects", "sites", "locales"}


@hooks.register("construct_settings_menu")
def only_settings_that_mean_something(request, menu_items):
    menu_items[:] = [item for item in menu_items if item.name not in NOT_IN_SETTINGS]
