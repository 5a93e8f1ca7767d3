import "./admin.css";
import "./records.css";
import "./broadcasts.css";
import "./customers.css";
import "./settlement.css";
import "./tickets.css";
import "./tests.css";
import "./calendar.css";
import "./access";
import { watchCalendars } from "./calendar";
import "./time_limits";
import { watchAll } from "./refresh";

watchAll();
watchCalendars();

// React and the builders are loaded only where a record is edited, or a test of one.
if (document.querySelector("form[data-edit-form], [data-controller='actions-builder']")) import("./builder").then(({ registerBuilders }) => registerBuilders());

// The drawing library is loaded only where a flow is drawn.
if (document.querySelector("[data-controller~='flow-editor'], [data-controller~='flow-drawing']")) import("./flow").then(({ registerFlows }) => registerFlows());
