"""Parts that runners, controllers and learners share: episode batch, replay, schedules, action selectors."""
