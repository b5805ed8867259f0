from django.urls import path

from .views import account, imports, people, setup, tokens, units

urlpatterns = [
    path("setup/", setup.setup, name="setup"),
    path("me/tokens/", tokens.tokens, name="tokens"),
    path("me/tokens/<int:pk>/revoke/", tokens.revoke, name="token-revoke"),
    path("people/", people.people_list, name="people"),
    path("people/export.csv", people.people_export, {"kind": "csv"}, name="people-csv"),
    path("people/export.xlsx", people.people_export, {"kind": "xlsx"}, name="people-xlsx"),
    path("people/add/", people.hire, name="person-add"),
    path("people/import/", imports.people_import, name="people-import"),
    path("people/import/confirm/", imports.people_import_confirm, name="people-import-confirm"),
    path("people/import/passwords/", imports.people_import_passwords, name="people-import-passwords"),
    path("people/import/template.csv", imports.people_import_template, name="people-import-template"),
    path("people/<int:pk>/", people.person_page, name="person"),
    path("people/<int:pk>/edit/", people.amend, name="person-edit"),
    path("people/<int:pk>/password/", account.set_password, name="person-password"),
    path("people/<int:pk>/two-step/", account.reset_two_step, name="person-two-step"),
    path("people/<int:pk>/leave/", account.leave, name="person-leave"),
    path("people/<int:pk>/readmit/", account.readmit, name="person-readmit"),
    path("people/<int:pk>/posts/", account.appoint, name="person-appoint"),
    path("posts/<int:pk>/end/", account.end_post, name="post-end"),
    path("units/", units.units, name="units"),
    path("units/add/", units.found, name="unit-add"),
    path("units/<int:pk>/", units.unit_page, name="unit"),
    path("units/<int:pk>/rename/", units.rename, name="unit-rename"),
    path("units/<int:pk>/close/", units.close, name="unit-close"),
    path("units/<int:pk>/reopen/", units.reopen, name="unit-reopen"),
    path("units/<int:pk>/poster/", units.poster, name="unit-poster"),
]
