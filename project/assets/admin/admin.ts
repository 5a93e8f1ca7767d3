import "./admin.css";
import "./records.css";
