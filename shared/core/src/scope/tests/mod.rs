mod expressions;
mod roles;
mod scopes;
