#![doc = include_str!("../README.md")]

pub mod admin;
pub mod admin_commands;
pub mod allocator;
pub mod assemble;
pub mod backup;
pub mod demo;
pub mod demo_command;
pub mod doctor;
pub mod failure;
pub mod import;
pub mod openapi;
pub mod serve;
pub mod stand_in;
pub mod verify;
pub mod worker;
