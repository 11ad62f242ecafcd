/// Calls to servers outside that have a say in what the API does: conversion and admission webhooks.
/// [WebhookClient] makes the calls, bounded in time, size and number, and stops asking a server for a
/// while that keeps failing.
@NullMarked
package io.jubernetes.apiserver.webhook;

import org.jspecify.annotations.NullMarked;
