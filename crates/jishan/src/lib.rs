//! The command's parts: one module per subcommand, the assembly of tenants, the worker's loops, the admin listener.

pub mod admin;
pub mod admin_commands;
pub mod assemble;
pub mod backup;
pub mod demo;
pub mod demo_command;
pub mod doctor;
pub mod failure;
pub mod import;
pub mod openapi;
pub mod serve;
pub mod verify;
pub mod worker;
