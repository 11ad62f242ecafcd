/// What is known about a request before it is carried out: what it asks for, who asks, and how the answer shall look.
@NullMarked
package io.jubernetes.apiserver.request;

import org.jspecify.annotations.NullMarked;
