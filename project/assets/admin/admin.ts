import "./admin.css";
import "./records.css";
import "./broadcasts.css";
import "./customers.css";
import "./settlement.css";
import "./tickets.css";
import "./ticket_type";
