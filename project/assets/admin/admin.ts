import "./admin.css";
import "./records.css";
import "./broadcasts.css";
import "./customers.css";
import "./settlement.css";
import "./tickets.css";
import "./tests.css";
import "./access";
import { watchAll } from "./refresh";

watchAll();

// React and the builders are loaded only where a record is edited, or a test of one.
if (document.querySelector("form[data-edit-form], [data-controller='actions-builder']")) import("./builder").then(({ registerBuilders }) => registerBuilders());
