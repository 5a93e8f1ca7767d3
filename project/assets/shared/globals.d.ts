declare module "*.css";

// Django's JavaScript catalogue, loaded before every script of ours.
declare function gettext(message: string): string;
declare function interpolate(format: string, values: unknown[]): string;

// What Wagtail's own scripts put on the window.
interface Window {
  wagtail: { app: { register(name: string, controller: unknown): void } };
  StimulusModule: { Controller: new (...args: any[]) => { readonly element: HTMLElement } };
}
