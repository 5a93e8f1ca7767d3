/** What the desk's pages need in a browser: htmx, and a few small behaviours. Everything works without it. */
import "./desk.css";

import { Application } from "@hotwired/stimulus";
import htmx from "htmx.org";

import { BulkController } from "./bulk";
import { BusyController } from "./busy";
import { FieldsController } from "./fields";
import { LiveController } from "./live";
import { LocationController } from "./location";
import { MentionController } from "./mention";
import { MenuController } from "./menu";
import { SignatureController } from "./signature";

// The pages' content security policy allows neither evaluated text nor inline styles.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
// A form with mistakes comes back as 422: show it. Other refusals leave the page as it is.
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "[23]..", swap: true },
  { code: "422", swap: true, error: false },
  { code: "409", swap: true, error: false },
  { code: "[45]..", swap: false, error: true },
];

document.addEventListener("htmx:configRequest", (event) => {
  const { headers, verb } = (event as CustomEvent<{ headers: Record<string, string>; verb: string }>).detail;
  const token = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1];
  if (verb !== "get" && token) headers["X-CSRFToken"] = decodeURIComponent(token);
});

const application = Application.start();
application.register("bulk", BulkController);
application.register("busy", BusyController);
application.register("fields", FieldsController);
application.register("live", LiveController);
application.register("location", LocationController);
application.register("mention", MentionController);
application.register("menu", MenuController);
application.register("signature", SignatureController);
