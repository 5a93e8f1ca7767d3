# One image, started as web server and as worker by project/serve.py; compose.yaml shows how.

FROM python:3.11-slim AS build
WORKDIR /tangram
COPY requirements.txt .
RUN pip install --no-cache-dir --prefix=/installed -r requirements.txt
COPY . .
# Node comes from a wheel, for this stage only.
RUN python project/build_assets.py && rm -rf node_modules
RUN cp -r /installed/. /usr/local/ \
    && export DJANGO_SETTINGS_MODULE=project.settings.production \
        SECRET_KEY=only-for-collecting-static-files-while-building ALLOWED_HOSTS=localhost STATIC_ROOT=/static \
    && python manage.py compile_catalogues \
    && python manage.py collectstatic --noinput --verbosity 0 \
    && rm -rf var

FROM python:3.11-slim
ENV DJANGO_SETTINGS_MODULE=project.settings.production \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    TANGRAM_DATA=/data STATIC_ROOT=/static HOST=0.0.0.0 PORT=8000
COPY --from=build /installed /usr/local
COPY --from=build /static /static
COPY --from=build /tangram /tangram
RUN useradd --system tangram && install -d -o tangram /data
WORKDIR /tangram
USER tangram
VOLUME /data
EXPOSE 8000
CMD ["python", "-m", "project.serve"]
