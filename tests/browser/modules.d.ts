declare module "virtual:modules";
